"""Publishes a file as a data source, by Tableau's own Python client."""
import json
import os
import resource
import time

import tableauserverclient as TSC


def used():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return (usage.ru_utime + usage.ru_stime) * 1000, usage.ru_maxrss / 1024


server = TSC.Server(os.environ["SERVER"], use_server_version=True)
with server.auth.sign_in(TSC.TableauAuth("admin", "admin-password", site_id="")):
    project = next(project for project in TSC.Pager(server.projects) if project.name.lower() == "default")
    start = time.monotonic()
    idle_cpu, idle = used()
    source = TSC.DatasourceItem(project.id, name="published by Python")
    source = server.datasources.publish(source, os.environ["FILE"], TSC.Server.PublishMode.Overwrite)
    took = (time.monotonic() - start) * 1000
    cpu, peak = used()
    server.datasources.delete(source.id)
print(json.dumps({"idle": idle, "published": peak, "cpu": cpu - idle_cpu, "took": took}))
