"""How long it takes from the start of the program until it is signed in: by Tableau's own Python client."""
import json
import os
import resource
import time

start = time.monotonic()
import tableauserverclient as TSC  # noqa: E402

imported = time.monotonic()
server = TSC.Server(os.environ["SERVER"], use_server_version=True)
with server.auth.sign_in(TSC.TableauAuth("admin", "admin-password", site_id="")):
    signed_in = time.monotonic()
used = resource.getrusage(resource.RUSAGE_SELF)
cpu = (used.ru_utime + used.ru_stime) * 1000
facts = {"imported": (imported - start) * 1000, "took": (signed_in - imported) * 1000}
print(json.dumps({**facts, "cpu": cpu, "rss": used.ru_maxrss / 1024}))
