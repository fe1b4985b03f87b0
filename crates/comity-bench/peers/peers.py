"""Libraries that do what a figure measures, in Python, beside ours in one run.

    peers.py PEER FILE

Prints one JSON object: versions, what was done, and the CPU seconds of it alone. Ends with 3 where the library is not there.
"""

import importlib.metadata
import json
import sys
import time


def told(package, count, bytes_, start, **more):
    cpu = time.process_time() - start
    print(json.dumps({"peer": package, "version": importlib.metadata.version(package), "count": count,
                      "bytes": bytes_, "cpu_seconds": cpu, **more}))


def stix2_parse(path):
    """Parses a bundle and checks it as the reference library does."""
    import stix2

    text = open(path).read()
    start = time.process_time()
    told("stix2", len(stix2.parse(text, allow_custom=True).objects), len(text), start)


def stix_rust(path):
    """Parses a bundle; it checks types, ids and times."""
    import stix

    text = open(path).read()
    start = time.process_time()
    bundle = stix.Engine().parse_bundle(text)
    told("stix-rust", len(bundle), len(text), start)


def stix2_matcher(path):
    """Every pattern against every observation."""
    from stix2matcher.matcher import Pattern

    given = json.load(open(path))
    start = time.process_time()
    patterns = [Pattern(one, stix_version="2.1") for one in given["patterns"]]
    parsed = time.process_time() - start
    start = time.process_time()
    hits = sum(bool(one.match([seen])) for one in patterns for seen in given["observations"])
    told("stix2-matcher", len(patterns) * len(given["observations"]), 0, start, hits=hits, parse_cpu_seconds=parsed)


def misp_stix(path):
    """A MISP event to STIX 2.1."""
    from misp_stix_converter import MISPtoSTIX21Parser

    event = json.load(open(path))
    start = time.process_time()
    parser = MISPtoSTIX21Parser()
    parser.parse_misp_event(event)
    text = parser.bundle.serialize()
    told("misp-stix", len(event["Event"]["Attribute"]), len(text), start)


PEERS = {"stix2-parse": stix2_parse, "stix-rust": stix_rust, "stix2-matcher": stix2_matcher,
         "misp-stix": misp_stix}
try:
    PEERS[sys.argv[1]](sys.argv[2])
except ImportError:
    sys.exit(3)
