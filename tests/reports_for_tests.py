"""Reports made without a kernel: what a folder of them holds, how a page is read, and workers that make them at once."""

import json
from concurrent.futures import Future
from html.parser import HTMLParser

from simlib.present.making import Made

FEE = {"Sign": "Netflix", "Ask for": "USD 1 million"}
ZONE = {"kind": "zone", "of": "fee", "unit": "USD", "low": 3e5, "high": 1.3e6, "mark": 1e6, "says": "floor and ceiling"}


def manifest(scenario="A drama", status="done", numbers=FEE, **more):
    figures = {"finding": "Sign it.", "numbers": numbers, "picture": ZONE}
    error = "NameError: x" if status == "failed" else None
    told = {"status": status, "error": error, "scenario": scenario, "draws": 1000, "started": "2026-01-02T03:04:05Z"}
    return told | {"figures": figures, "file": "scenarios/a.yml", "notebook": "deal_report"} | more


def made(key="12345678", failure=None, **more):
    files = {"report.html": b"<p>", "manifest.json": json.dumps(manifest(**more)).encode()}
    return Made(files, key, failure)


def put(out, shelf, run, **more):
    folder = out / shelf / run
    folder.mkdir(parents=True)
    for name, content in made(**more).files.items():
        (folder / name).write_bytes(content)
    return folder


class Page(HTMLParser):
    """The tags of a page with their attributes, and its text without script and style."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.text, self.inside = [], [], ""
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        self.inside = tag

    def handle_data(self, data):
        if self.inside not in ("script", "style"):
            self.text.append(data.strip())

    def all(self, tag):
        return [attributes for found, attributes in self.tags if found == tag]


class AtOnce:
    """Workers that make a report as soon as they are asked; `fails` says of which job how it fails."""

    number = 2

    def __init__(self, fails=lambda job: None):
        self.fails, self.jobs, self.stopped = fails, [], False

    def submit(self, job):
        self.jobs.append(job)
        future = Future()
        failure = self.fails(job)
        if isinstance(failure, BaseException):
            future.set_exception(failure)
        else:
            told = json.dumps(manifest(status="failed" if failure else "done") | job.about)
            texts = {"report.html": "<p>", "manifest.json": told, **job.resolved}
            future.set_result(Made({name: text.encode() for name, text in texts.items()}, job.key, failure))
        return future

    def told(self, error):
        return str(error)

    def stop(self):
        self.stopped = True
