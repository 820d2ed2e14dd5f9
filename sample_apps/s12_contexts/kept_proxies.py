"""Proxies that somebody keeps: what they stand for later."""

from threading import Thread

from blinker import Namespace
from flask import Flask, current_app, request

app = Flask("kept_proxies")
kept = {}
order_placed = Namespace().signal("order-placed")


@order_placed.connect_via(app)
def send_mail(sender):
    pass


@app.get("/keep")
def keep():
    kept.update(proxy=request, behind=request._get_current_object())
    return "Both are kept."


@app.get("/look")
def look():
    return f"the proxy now says {kept['proxy'].path}, the object still {kept['behind'].path}"


@app.get("/thread")
def thread():
    seen = []

    def work(kept_request):
        try:
            seen.append(kept_request.path)
        except RuntimeError as error:
            seen.append(str(error).splitlines()[0])

    for argument in (request, request._get_current_object()):
        worker = Thread(target=work, args=(argument,), name="mail-worker")
        worker.start()
        worker.join()
    return "\n".join(seen)


@app.get("/signal")
def signal():
    by_proxy = order_placed.send(current_app)
    by_object = order_placed.send(current_app._get_current_object())
    return f"receivers by the proxy: {len(by_proxy)}, by the object: {len(by_object)}"
