"""Unmodified PyMISP against a served node: add, get, search, edit, sight, tag, delete, sharing groups, feed.

    pymisp_client.py URL TOKEN

Says which step it is at, and ends with 0 where each came out as it must.
"""

import csv
import hashlib
import sys
import urllib.error
import urllib.request

from pymisp import MISPAttribute, MISPEvent, MISPSharingGroup, MISPSighting, PyMISP, PyMISPError

URL, TOKEN = sys.argv[1], sys.argv[2]


def step(name):
    print(name, flush=True)


def fetch(path):
    request = urllib.request.Request(URL + path, headers={"Authorization": TOKEN})
    with urllib.request.urlopen(request) as reply:
        return reply.read().decode()


step("connect")
misp = PyMISP(URL, TOKEN, ssl=False)
assert misp.misp_instance_version["version"].startswith("2.5"), misp.misp_instance_version
assert misp.get_user(pythonify=True).email
try:
    PyMISP(URL, "comity_" + "A" * 43, ssl=False)
    raise SystemExit("an unknown token connects")
except PyMISPError:
    pass

step("add")
event = MISPEvent()
event.info = "Exercise: mail run against XB"
event.distribution, event.threat_level_id, event.analysis = 3, 2, 1
event.add_tag("tlp:green")
event.add_attribute("domain", "mail.ministry.example", to_ids=True, comment="first stage")
event.add_attribute("ip-dst|port", "192.0.2.77|8443", to_ids=True)
event.add_attribute("md5", "b2a5abfeef9e36964281a31e17b57c97", to_ids=False)
added = misp.add_event(event, pythonify=True)
assert isinstance(added, MISPEvent), added
assert added.uuid == event.uuid and len(added.attributes) == 3, added.to_json()
assert {a.value for a in added.attributes} == {a.value for a in event.attributes}
again = misp.add_event(event)
assert again["errors"][0] == 403, again

step("get")
got = misp.get_event(event.uuid, pythonify=True)
assert (got.info, got.distribution, got.analysis) == (event.info, 3, 1)
assert [t.name for t in got.tags] == ["tlp:green"]
assert misp.get_event(got.id, pythonify=True).uuid == event.uuid
assert misp.event_exists(event.uuid) and not misp.event_exists("3c6f0a52-6a0e-4a52-9a3b-0d0a64c19999")
absent = misp.get_event("3c6f0a52-6a0e-4a52-9a3b-0d0a64c19999")
assert absent["errors"][0] == 404, absent

step("search")


def values(**asked):
    return {a.value for a in misp.search("attributes", pythonify=True, **asked)}


assert values(value="mail.ministry.example") == {"mail.ministry.example"}
assert values(value="192.0.2.77") == {"192.0.2.77|8443"}
assert values(value="mail.%") == {"mail.ministry.example"}
assert values(type_attribute="domain") == {"mail.ministry.example"}
assert values(type_attribute=["domain", "md5"]) == {"mail.ministry.example", "b2a5abfeef9e36964281a31e17b57c97"}
assert len(values(tags="tlp:green")) == 3 and values(tags="tlp:red") == set()
assert len(values(timestamp="1h")) == 3 and values(timestamp=["10d", "5d"]) == set()
assert len(values(to_ids=1)) == 2 and len(values(to_ids=0)) == 1
assert len(values(eventid=got.id)) == 3
assert len(values(limit=2, page=1)) == 2 and len(values(limit=2, page=2)) == 1
assert values(value="nothing.example") == set()
assert [e.uuid for e in misp.search(value="mail.ministry.example", pythonify=True)] == [event.uuid]
assert [e.uuid for e in misp.search_index(eventinfo="%mail run%", pythonify=True)] == [event.uuid]
assert misp.search_index(published=True, pythonify=True) == []
assert [e["uuid"] for e in misp.search_index(minimal=True)] == [event.uuid]
refused = misp.search("attributes", return_format="suricata")
assert refused["errors"][0] == 400, refused

step("update")
got.info = "Exercise: mail run, corrected"
got.attributes[0].comment = "second look"
updated = misp.update_event(got, pythonify=True)
assert isinstance(updated, MISPEvent), updated
assert updated.info == got.info and updated.timestamp > added.timestamp
first = next(a for a in updated.attributes if a.uuid == got.attributes[0].uuid)
assert first.comment == "second look"
attribute = MISPAttribute()
attribute.type, attribute.value, attribute.to_ids = "url", "https://mail.ministry.example/login", True
new = misp.add_attribute(event.uuid, attribute, pythonify=True)
assert isinstance(new, MISPAttribute) and new.value == attribute.value, new
new.comment = "a form"
assert misp.update_attribute(new, pythonify=True).comment == "a form"
assert misp.get_attribute(new.uuid, pythonify=True).comment == "a form"

step("sight")
sighting = misp.add_sighting({"type": "0", "source": "resolver"}, attribute=new.uuid, pythonify=True)
assert isinstance(sighting, MISPSighting) and sighting.source == "resolver", sighting
misp.add_sighting({"value": "mail.ministry.example", "type": "1"})
seen = misp.sightings(misp.get_attribute(new.uuid, pythonify=True), pythonify=True)
assert [s.source for s in seen] == ["resolver"], seen
of_event = misp.search_sightings(context="event", context_id=misp.get_event(event.uuid, pythonify=True).id, pythonify=True)
assert sorted(s["sighting"].type for s in of_event) == ["0", "1"], of_event

step("tag")
assert "errors" not in misp.tag(event.uuid, "PAP:AMBER")
assert "errors" not in misp.tag(new.uuid, "ours:only", local=True)
names = {t.name for t in misp.get_event(event.uuid, pythonify=True).tags}
assert names == {"tlp:green", "PAP:AMBER"}, names
assert "ours:only" in {t.name for t in misp.tags(pythonify=True)}
assert "errors" not in misp.untag(event.uuid, "PAP:AMBER")
assert {t.name for t in misp.get_event(event.uuid, pythonify=True).tags} == {"tlp:green"}

step("publish and feed")
assert fetch("/misp/feed/manifest.json") == "{}"
assert "errors" not in misp.publish(event.uuid)
assert misp.get_event(event.uuid, pythonify=True).published
manifest = fetch("/misp/feed/manifest.json")
assert event.uuid in manifest, manifest
file = MISPEvent()
file.from_json(fetch(f"/misp/feed/{event.uuid}.json"))
assert file.uuid == event.uuid and len(file.attributes) == 4
hashes = {row[0] for row in csv.reader(fetch("/misp/feed/hashes.csv").splitlines())}
assert hashlib.md5(b"mail.ministry.example").hexdigest() in hashes
assert hashlib.md5(b"192.0.2.77").hexdigest() in hashes

step("sharing group")
group = MISPSharingGroup()
group.name, group.description, group.releasability = "exercise", "d", "r"
group = misp.add_sharing_group(group, pythonify=True)
assert isinstance(group, MISPSharingGroup), group
assert [g.name for g in misp.sharing_groups(pythonify=True)] == ["exercise"]
organisation = misp.organisations(pythonify=True)[0]
assert "errors" not in misp.add_org_to_sharing_group(group, organisation)
assert misp.sharing_group_exists(group.uuid)
assert "errors" not in misp.delete_sharing_group(group)
assert misp.sharing_groups(pythonify=True) == []

step("delete")
assert "errors" not in misp.delete_attribute(new.uuid)
assert len(misp.get_event(event.uuid, pythonify=True).attributes) == 3
assert len(misp.get_event(event.uuid, deleted=True, pythonify=True).attributes) == 4
assert "errors" not in misp.delete_event(event.uuid)
assert not misp.event_exists(event.uuid)
assert values(type_attribute="domain") == set()
print("done")
