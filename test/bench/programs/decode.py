"""From the bytes of a page to models, by Tableau's own Python client."""
import json
import os
import sys
import time

import tableauserverclient as TSC

with open(os.environ["PAGE"], "rb") as file:
    page = file.read()
namespace = {"t": "http://tableau.com/api"}


def run(seconds):
    items = 0
    total = 0
    start = time.process_time()
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        workbooks = TSC.WorkbookItem.from_response(page, namespace)
        items += len(workbooks)
    used = time.process_time() - start
    for workbook in workbooks:
        total += len(workbook.name) + int(workbook.size or 0) + int(workbook.created_at.timestamp()) + len(workbook.tags)
    return {"items": len(workbooks), "sum": total, "perItem": used * 1e6 / items}


run(1)
for _ in sys.stdin:
    print(json.dumps(run(float(os.environ["SECONDS"]))), flush=True)
