"""All workbooks of a site, by Tableau's own Python client."""
import json
import os
import resource
import time

import tableauserverclient as TSC

server = TSC.Server(os.environ["SERVER"], use_server_version=True)
options = TSC.RequestOptions(pagesize=int(os.environ["PAGE_SIZE"]))
options.sort.add(TSC.Sort(TSC.RequestOptions.Field.CreatedAt, TSC.RequestOptions.Direction.Asc))
items = 0
total = 0
with server.auth.sign_in(TSC.TableauAuth("admin", "admin-password", site_id="")):
    start = time.monotonic()
    before = time.process_time()
    for workbook in TSC.Pager(server.workbooks, options):
        items += 1
        total += len(workbook.name) + int(workbook.size or 0) + int(workbook.created_at.timestamp()) + len(workbook.tags)
    list_cpu = (time.process_time() - before) * 1000
    took = (time.monotonic() - start) * 1000
used = resource.getrusage(resource.RUSAGE_SELF)
cpu = (used.ru_utime + used.ru_stime) * 1000
print(json.dumps({"items": items, "sum": total, "took": took, "listCpu": list_cpu, "cpu": cpu, "rss": used.ru_maxrss / 1024}))
