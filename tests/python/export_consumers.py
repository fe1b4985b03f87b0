"""Exports read by the tools that they are for.

    export_consumers.py FOLDER

FOLDER holds `trial.FORM` for each form and `expected.json`: for each form what its reader must find, as it names it. Programs
that are on this machine (named-checkzone, suricata) read too; of those that are not it says so. Ends with 0 where all held.
"""

import csv
import ipaddress
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import dns.rdatatype
import dns.zone
import surinort_ast
import yara
from pymisp import MISPEvent
from sigma.collection import SigmaCollection
from stix2validator import ValidationOptions, validate_string

FOLDER = pathlib.Path(sys.argv[1])
EXPECTED = json.loads((FOLDER / "expected.json").read_text())
# Intel::Type of Zeek's intelligence framework.
ZEEK_TYPES = {"ADDR", "SUBNET", "URL", "SOFTWARE", "EMAIL", "DOMAIN", "USER_NAME", "CERT_HASH", "PUBKEY_HASH",
              "FILE_HASH", "FILE_NAME"}
failed = 0


def text(form):
    return (FOLDER / f"trial.{form}").read_bytes().decode()


def judge(form, reader):
    """Holds what a reader finds against what it must find."""
    global failed
    try:
        found = sorted(reader(text(form)))
        wanted = sorted(EXPECTED[form])
        assert found == wanted, f"missing {sorted(set(wanted) - set(found))}, too much {sorted(set(found) - set(wanted))}, " \
                                f"{len(found)} of {len(wanted)}"
        print(f"ok {form}: {len(found)}")
    except Exception as fault:  # Whatever a reader makes of an export is the finding.
        failed += 1
        print(f"FAILED {form}: {type(fault).__name__} {str(fault)[:2000]}")


def program(form, name, arguments):
    """Has a program of this machine read an export."""
    global failed
    if not shutil.which(name):
        print(f"not run: {name} over the export `{form}`: it is not on this machine")
        return
    ended = subprocess.run([name, *arguments], capture_output=True, text=True)
    said = ended.stdout + ended.stderr
    if ended.returncode != 0 or re.search(r"\berror\b|ignoring|not the canonical|invalid", said, re.I):
        failed += 1
        print(f"FAILED {form} by {name}: {said[:2000]}")
    else:
        print(f"ok {form} by {name}")


def sigma(rules):
    # One faulty document refuses them all; a condition is read when it is first asked for.
    read = SigmaCollection.from_yaml(rules)
    for rule in read.rules:
        for condition in rule.detection.parsed_condition:
            assert condition.parsed is not None
    return [rule.title for rule in read.rules]


def yara_rules(rules):
    return [rule.identifier for rule in yara.compile(source=rules, includes=False, error_on_warning=False)]


def zone(records):
    origin = "rpz.example."
    read = dns.zone.from_text(records, origin=origin, relativize=True)
    owners = []
    for owner, rdataset in read.iterate_rdatasets(dns.rdatatype.CNAME):
        assert [rdata.target.to_text() for rdata in rdataset] == ["."], owner
        assert len(owner.derelativize(read.origin).to_wire()) <= 255
        owners.append(owner.to_text())
    assert read.get_soa() is not None
    return owners


def suricata(rules):
    numbers, found = set(), []
    for line in rules.splitlines():
        rule = surinort_ast.parse_rule(line)
        assert not rule.diagnostics, (line, rule.diagnostics)
        options = {type(option).__name__: option for option in rule.options}
        number = options["SidOption"].value
        assert number not in numbers, number
        numbers.add(number)
        for option in rule.options:
            if type(option).__name__ == "ContentOption":
                assert len(option.pattern) <= 255, line
        found.append(rule.header.protocol.value)
    return found


def unescaped(field):
    return re.sub(r"\\x([0-9a-fA-F]{2})", lambda digits: chr(int(digits[1], 16)), field)


def zeek(lines):
    head, *rows = lines.removesuffix("\n").split("\n")
    assert head == "#fields\tindicator\tindicator_type\tmeta.source\tmeta.desc", head
    found = []
    for row in rows:
        assert not row.startswith("#"), row
        indicator, kind, source, description = row.split("\t")
        assert kind.startswith("Intel::") and kind.removeprefix("Intel::") in ZEEK_TYPES, kind
        assert source == "trial" and description
        indicator = unescaped(indicator)
        if kind == "Intel::ADDR":
            ipaddress.ip_address(indicator)
        if kind == "Intel::SUBNET":
            ipaddress.ip_network(indicator)
        if kind == "Intel::URL":
            assert "://" not in indicator, indicator
        found.append(indicator)
    return found


def table(rows):
    head, *rows = csv.reader(rows.splitlines(keepends=True), strict=True)
    assert head == ["type", "value", "name", "labels", "confidence", "valid_from", "valid_until", "id"], head
    assert all(len(row) == len(head) for row in rows)
    # A sheet that opens the table must not find a formula in it.
    assert not any(field[:1] in ("=", "+", "-", "@") for row in rows for field in row)
    return [row[1] for row in rows]


def stix(bundle):
    checked = validate_string(bundle, ValidationOptions(version="2.1"))
    assert checked.is_valid, checked.errors
    return [one["id"] for one in json.loads(bundle)["objects"]]


def misp(events):
    found = []
    for event in json.loads(events)["response"]:
        read = MISPEvent()
        read.load(event)
        found += [attribute.type for attribute in read.attributes]
    return found


for form, reader in [("sigma", sigma), ("yara", yara_rules), ("rpz", zone), ("suricata", suricata), ("zeek", zeek),
                     ("csv", table), ("plain", str.splitlines), ("stix", stix), ("misp", misp)]:
    judge(form, reader)
program("rpz", "named-checkzone", ["-i", "none", "rpz.example", str(FOLDER / "trial.rpz")])
with tempfile.TemporaryDirectory() as logs:
    program("suricata", "suricata", ["-T", "--init-errors-fatal", "-S", str(FOLDER / "trial.suricata"), "-l", logs])
print("done")
sys.exit(1 if failed else 0)
