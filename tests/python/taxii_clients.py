"""Third-party clients of TAXII 2.1, unmodified, against a served node.

    python taxii_clients.py DISCOVERY_URL OFFICER TOKEN

Each call is one line, `ok` or `FAILED`; the last line counts them. Status 1 where one failed. What each call must come to
follows from what was added here, and is never taken from an earlier answer of the server."""

import json
import sys
import uuid
from datetime import datetime, timedelta, timezone

import cytaxii2.cytaxii2
import requests
import stix2
from taxii2client.v21 import ApiRoot, Collection, Server, as_pages

DISCOVERY, OFFICER, TOKEN = sys.argv[1:4]
NAMESPACE = uuid.UUID("9f1b2a52-6f0e-4f6f-9d59-6d8c8f6f3a10")
GREEN = "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb"
calls = {"ok": 0, "failed": 0}


def indicator(number, version=0):
    created = datetime(2026, 3, 1, tzinfo=timezone.utc)
    modified = created + timedelta(days=version)
    stamp = "%Y-%m-%dT%H:%M:%S.000Z"
    return {
        "type": "indicator",
        "spec_version": "2.1",
        "id": f"indicator--{uuid.uuid5(NAMESPACE, str(number))}",
        "created": created.strftime(stamp),
        "modified": modified.strftime(stamp),
        "name": f"exercise {number}, version {version}",
        "pattern": f"[ipv4-addr:value = '192.0.2.{number % 250}']",
        "pattern_type": "stix",
        "valid_from": created.strftime(stamp),
        "object_marking_refs": [GREEN],
    }


def call(name, do, holds):
    try:
        came = do()
        if holds(came):
            calls["ok"] += 1
            print(f"ok {name}")
        else:
            calls["failed"] += 1
            print(f"FAILED {name}: {str(came)[:300]}")
    except Exception as fault:  # Whatever a client makes of our answer is the finding.
        calls["failed"] += 1
        print(f"FAILED {name}: {type(fault).__name__} {str(fault)[:300]}")


class Bearer(requests.auth.AuthBase):
    def __call__(self, request):
        request.headers["Authorization"] = f"Bearer {TOKEN}"
        return request


def with_taxii2client():
    server = Server(DISCOVERY, user=OFFICER, password=TOKEN)
    call("taxii2-client discovery", lambda: server.title, lambda title: title.startswith("Comity"))
    root = server.default
    call("taxii2-client default root", lambda: [r.url for r in server.api_roots], lambda urls: urls == [root.url])
    call("taxii2-client api root", lambda: (root.versions, root.max_content_length),
         lambda came: came == (["application/taxii+json;version=2.1"], 16777216))
    call("taxii2-client collections", lambda: root.collections,
         lambda all_: len(all_) >= 5 and all(c.can_read and c.can_write for c in all_))
    green = next(c for c in root.collections if c.alias == "tlp-green")
    added = [indicator(n) for n in range(20)] + [indicator(0, 1)]
    call("taxii2-client add objects", lambda: green.add_objects({"objects": added}, timeout=60),
         lambda s: (s.status, s.success_count, s.failure_count, s.total_count) == ("complete", 21, 0, 21))
    wrong = dict(indicator(99), object_marking_refs=[GREEN, "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1"])
    call("taxii2-client wrong marking", lambda: green.add_objects({"objects": [wrong]}),
         lambda s: s.failure_count == 1 and "tlp:red" in s.failures[0]["message"])
    status = green.add_objects({"objects": added[:2]})
    call("taxii2-client status", lambda: root.get_status(status.id),
         lambda s: (s.success_count, s.total_count, s.pending_count) == (2, 2, 0))
    call("taxii2-client objects", lambda: green.get_objects(limit=10), lambda e: len(e["objects"]) == 10 and e["more"])
    call("taxii2-client pages",
         lambda: [o["id"] for page in as_pages(green.get_objects, per_request=7) for o in page.get("objects", [])],
         lambda ids: sorted(ids) == sorted({o["id"] for o in added}))
    call("taxii2-client match type", lambda: green.get_objects(type="malware"), lambda e: e == {})
    call("taxii2-client match id", lambda: green.get_objects(id=added[3]["id"]),
         lambda e: [o["name"] for o in e["objects"]] == ["exercise 3, version 0"])
    call("taxii2-client object", lambda: green.get_object(added[0]["id"]),
         lambda e: [o["name"] for o in e["objects"]] == ["exercise 0, version 1"])
    call("taxii2-client first version", lambda: green.get_object(added[0]["id"], version="first"),
         lambda e: [o["name"] for o in e["objects"]] == ["exercise 0, version 0"])
    call("taxii2-client versions", lambda: green.object_versions(added[0]["id"]),
         lambda v: v["versions"] == ["2026-03-01T00:00:00.000Z", "2026-03-02T00:00:00.000Z"])
    call("taxii2-client manifest", lambda: green.get_manifest(limit=2),
         lambda m: [o["id"] for o in m["objects"]] == [added[1]["id"], added[2]["id"]] and m["more"])
    last = green.get_manifest()["objects"][-1]["date_added"]
    call("taxii2-client added after the last", lambda: green.get_objects(added_after=last), lambda e: e == {})
    call("taxii2-client delete object", lambda: green.delete_object(added[1]["id"]), lambda _: True)
    call("taxii2-client deleted is gone", lambda: green.get_objects(id=added[1]["id"]), lambda e: e == {})
    call("taxii2-client with a bearer token", lambda: Collection(green.url, auth=Bearer()).title,
         lambda title: title == green.title)
    return root, green


def with_cytaxii2(root, green):
    client = cytaxii2.cytaxii2.cytaxii2(discovery_url=DISCOVERY, username=OFFICER, password=TOKEN, version=2.1)
    good = lambda came: came["status"] is True and came["status_code"] in (200, 202)
    call("cytaxii2 discovery", client.discovery_request, good)
    call("cytaxii2 root", client.root_discovery, good)
    call("cytaxii2 collections", client.collection_request, good)
    call("cytaxii2 poll", lambda: client.poll_request(collection_id=green.id),
         lambda came: good(came) and len(came["response"]["objects"]) == 19)
    # It hands its argument on as a body, so that text is wanted.
    envelope = json.dumps({"objects": [indicator(200)]})
    call("cytaxii2 inbox", lambda: client.inbox_request(collection_id=green.id, stix_bundle=envelope), good)


def with_stix2(green):
    collection = Collection(green.url, user=OFFICER, password=TOKEN)
    sink, source = stix2.TAXIICollectionSink(collection), stix2.TAXIICollectionSource(collection)
    made = stix2.Indicator(
        name="made by a library", pattern="[domain-name:value = 'made.example']", pattern_type="stix",
        object_marking_refs=[stix2.TLP_GREEN])
    call("stix2 sink", lambda: sink.add(made), lambda _: True)
    call("stix2 source get", lambda: source.get(made.id), lambda came: came == made)
    later = made.new_version(name="made again by a library")
    call("stix2 sink of a later version", lambda: sink.add(later), lambda _: True)
    call("stix2 source gets the later", lambda: source.get(made.id), lambda came: came.name == later.name)
    call("stix2 source all versions", lambda: source.all_versions(made.id), lambda came: len(came) == 2)
    call("stix2 source query", lambda: source.query([stix2.Filter("type", "=", "indicator")]),
         lambda came: made.id in {o.id for o in came})


root, green = with_taxii2client()
with_cytaxii2(root, green)
with_stix2(green)
print(f"{calls['ok']} calls held, {calls['failed']} failed")
sys.exit(1 if calls["failed"] else 0)
