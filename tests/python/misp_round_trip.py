"""Events of MISP through PyMISP and misp-stix, beside what Comity made of them.

    misp_round_trip.py FOLDER

The folder holds, for each event, N.event.json as published, N.assembled.json as Comity puts it together again of its
objects, and N.ours.json with these objects. Writes N.theirs.json, the bundle that misp-stix makes of the event.

Says what differs, and ends with 0 where nothing does.
"""

import json
import pathlib
import re
import sys

import stix2
from misp_stix_converter import ExternalSTIX2toMISPParser, MISPtoSTIX21Parser
from pymisp import MISPEvent

FOLDER = pathlib.Path(sys.argv[1])
UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
faults = count = 0


def fault(file, text):
    global faults
    faults += 1
    print(f"{file.name}: {text}", flush=True)


def loaded(file):
    event = MISPEvent()
    event.load(json.loads(file.read_text()))
    return event


def shown(file, event):
    """The event as PyMISP writes it, but for the UUIDs that it draws itself where the file has none."""
    text = file.read_text()
    return UUID.sub(lambda found: found[0] if found[0] in text else "drawn", event.to_json(sort_keys=True))


def attributes(event):
    yield from event.attributes
    for one in event.objects:
        yield from one.attributes


def is_event(file):
    """What PyMISP cannot read as an event is an index or a reply of a search, and says nothing here."""
    try:
        return bool(loaded(file).info)
    except Exception as why:
        print(f"{file.name}: no event to PyMISP: {why}", flush=True)
        return False


files = sorted(FOLDER.glob("*.event.json"))
for file in filter(is_event, files):
    beside = lambda what: file.with_name(file.name.replace(".event.", f".{what}."))
    # PyMISP reads the same out of both.
    event, assembled = loaded(file), loaded(beside("assembled"))
    if shown(file, event) != shown(beside("assembled"), assembled):
        fault(file, "PyMISP reads another event out of what was assembled")
    # misp-stix makes a bundle of what was assembled, and which Comity then takes in.
    try:
        parser = MISPtoSTIX21Parser()
        parser.parse_misp_event({"Event": json.loads(assembled.to_json())})
        theirs = parser.bundle
    except Exception as why:
        print(f"{file.name}: misp-stix makes nothing of the event as published: {why}", flush=True)
        theirs = None
    if theirs:
        beside("theirs").write_text(theirs.serialize())
    # misp-stix reads the value of each of our indicators. It is given these alone: where a report names them beside
    # sightings or relationships, it leaves some out.
    indicators = [one for one in json.loads(beside("ours").read_text())["objects"] if one["type"] == "indicator"]
    if not indicators:
        continue
    parser = ExternalSTIX2toMISPParser()
    parser.load_stix_bundle(stix2.Bundle(*indicators, allow_custom=True))
    parser.parse_stix_bundle(single_event=True)
    read = {str(one.value) for one in attributes(parser.misp_event)}
    marked = {one["id"].split("--")[1] for one in indicators}
    wanted = {str(one.value) for one in attributes(event) if str(one.uuid) in marked}
    count += len(wanted)
    # A pattern without a type of MISP's is kept as a pattern.
    kept = "\n".join(read)
    missing = sorted(one for one in wanted - read if not set(one.split("|")) <= read and one not in kept)
    if missing:
        fault(file, f"misp-stix does not read {len(missing)} of {len(wanted)} values: {missing[:3]}")
print(f"{count} values")
print(f"{len(files)} events")
sys.exit(bool(faults))
