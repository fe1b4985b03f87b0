"""The reference validator of STIX over bundles that Comity authored.

    stix_checked.py FOLDER

Says each fault with its object, and ends with 0 where there is none.
"""

import json
import pathlib
import sys

from stix2validator import ValidationOptions, validate_file

files = sorted(pathlib.Path(sys.argv[1]).glob("*.json"))
faults = objects = 0
for file in files:
    checked = validate_file(str(file), ValidationOptions(version="2.1", silent=True))
    objects += len(json.loads(file.read_text())["objects"])
    for one in checked.object_results:
        for error in one.errors or []:
            print(f"{file.name} {one.object_id}: {error}")
            faults += 1
    if checked.fatal:
        print(f"{file.name}: {checked.fatal}")
        faults += 1
    faults += not checked.is_valid
print(f"{len(files)} bundles, {objects} objects")
sys.exit(bool(faults))
