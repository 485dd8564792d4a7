"""A web server of one process with two threads, whose application says how long a body was."""

from tipsite.worker.patient_threads import PatientWorker


class Patient(PatientWorker):
    """Waits longer than on a site, however slow the machine is that runs the tests."""

    patience = 120.0


class Impatient(PatientWorker):
    """Waits hardly at all."""

    patience = 0.5
    long_patience = 0.5


def application(environ, start_response):
    """Answer with the path and the length of the body."""
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    answer = f"{environ['PATH_INFO']} {len(body)}".encode()
    start_response("200 OK", [("Content-Length", str(len(answer)))])
    return [answer]
