"""Programs and libraries that do what a figure measures, from an interpreter's packages, beside ours in one run.

    peers.py PEER FILE

Prints one JSON object: versions, what was done, and the CPU seconds of it alone. Ends with 3 where the library is not there.
"""

import importlib.metadata
import json
import os
import pathlib
import resource
import subprocess
import sys
import tempfile
import time
import urllib.request


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


def hyperscan(folder):
    """Every indicator as a literal over each log; at most one hit of each a log. It finds them inside of longer words too."""
    import hyperscan as hs

    folder = pathlib.Path(folder)
    literals = (folder / "indicators.txt").read_bytes().splitlines()
    start = time.process_time()
    database = hs.Database()
    database.compile(expressions=literals, ids=list(range(len(literals))), elements=len(literals),
                     flags=hs.HS_FLAG_SINGLEMATCH, literal=True)
    compiled, rates, hits, bytes_, total = time.process_time() - start, [], [], 0, time.process_time()
    for log in sorted(folder.glob("*.log")):
        text, found = log.read_bytes(), [0]

        def hit(*_):
            found[0] += 1

        start = time.process_time()
        database.scan(text, match_event_handler=hit)
        rates.append(len(text) / (time.process_time() - start) / 1e9)
        hits.append(found[0])
        bytes_ += len(text)
    told("hyperscan", len(literals), bytes_, total, rates=rates, hits=hits, compile_cpu_seconds=compiled)


def tenzir(path):
    """Reads a log of Suricata's and asks for one address; what it takes to start is taken off."""
    version = importlib.metadata.version("tenzir")
    program = pathlib.Path(sys.executable).parent / "tenzir"

    def children():
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        return used.ru_utime + used.ru_stime

    def run(pipeline):
        before = children()
        subprocess.run([program, pipeline], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        return children() - before

    starting = min(run("from {x: 1}") for _ in range(3))
    reading = f'from_file "{path}" {{ read_suricata }} | where dest_ip == 203.0.113.77 | summarize n=count()'
    cpu = min(run(reading) for _ in range(3)) - starting
    print(json.dumps({"peer": "tenzir", "version": version, "count": 1, "bytes": os.path.getsize(path),
                      "cpu_seconds": cpu}))


MEDALLION = 20


def medallion(path):
    """Pages of all objects of a bundle, from its store in memory and the server that comes with it."""
    version = importlib.metadata.version("medallion")
    program = pathlib.Path(sys.executable).parent / "medallion"
    bundle = json.load(open(path))
    port, media = 18231, "application/taxii+json;version=2.1"
    root = f"http://127.0.0.1:{port}/api1/"
    collection = {"id": "472c94ae-3113-4e3e-a4dd-a9f4ac7471d4", "title": "bench", "can_read": True, "can_write": True,
                  "media_types": ["application/stix+json;version=2.1"], "objects": [], "manifest": []}
    with tempfile.TemporaryDirectory() as folder:
        data, conf = pathlib.Path(folder) / "data.json", pathlib.Path(folder) / "conf.json"
        data.write_text(json.dumps({
            "/discovery": {"title": "bench", "default": root, "api_roots": [root]},
            "api1": {"information": {"title": "api1", "versions": [media], "max_content_length": 209715200},
                     "status": [], "collections": [collection]}}))
        conf.write_text(json.dumps({
            "backend": {"module": "medallion.backends.memory_backend", "module_class": "MemoryBackend",
                        "filename": str(data)},
            "users": {"bench": "bench"}, "taxii": {"max_page_size": len(bundle["objects"])}}))
        server = subprocess.Popen([program, "--host", "127.0.0.1", "--port", str(port), conf],
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            pages_of(server, f"{root}collections/{collection['id']}/objects/", media, bundle, version)
        finally:
            server.kill()
            server.wait()


def pages_of(server, url, media, bundle, version):
    def ask(body=None):
        headers = {"Authorization": "Basic YmVuY2g6YmVuY2g=", "Accept": media, "Content-Type": media}
        request = urllib.request.Request(url, data=body, headers=headers)
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.read()

    def cpu():
        fields = pathlib.Path(f"/proc/{server.pid}/stat").read_text().rsplit(") ", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    for attempt in range(300):
        try:
            ask(json.dumps({"objects": bundle["objects"]}).encode())
            break
        except urllib.error.URLError:
            if attempt == 299 or server.poll() is not None:
                raise
            time.sleep(0.1)
    held = 0
    for _ in range(300):
        held = len(json.loads(ask())["objects"])
        if held == len(bundle["objects"]):
            break
        time.sleep(0.1)
    if held != len(bundle["objects"]):
        raise SystemExit(f"medallion serves {held} of {len(bundle['objects'])} objects")
    before, bytes_ = cpu(), 0
    for _ in range(MEDALLION):
        bytes_ += len(ask())
    print(json.dumps({"peer": "medallion", "version": version, "count": MEDALLION, "bytes": bytes_,
                      "cpu_seconds": cpu() - before}))


PEERS = {"stix2-parse": stix2_parse, "stix-rust": stix_rust, "stix2-matcher": stix2_matcher,
         "misp-stix": misp_stix, "hyperscan": hyperscan, "tenzir": tenzir, "medallion": medallion}
try:
    PEERS[sys.argv[1]](sys.argv[2])
except ImportError:
    sys.exit(3)
