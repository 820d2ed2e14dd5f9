"""The same small application in five systems: two pages, and a function before and after each."""


def flask(port):
    from flask import Flask, request

    app = Flask("hello")

    @app.before_request
    def before():
        pass

    @app.after_request
    def after(response):
        return response

    @app.get("/")
    def index():
        return f"Hello, {request.args['name']}, from Flask"

    @app.get("/fail")
    def fail():
        return str(1 // 0)

    app.run(port=port, threaded=False)


def django(port):
    from wsgiref.simple_server import make_server

    from django.conf import settings
    from django.core.wsgi import get_wsgi_application
    from django.http import HttpResponse
    from django.urls import path

    def index(request):
        return HttpResponse(f"Hello, {request.GET['name']}, from Django")

    def fail(request):
        return HttpResponse(1 // 0)

    settings.configure(
        ROOT_URLCONF=(path("", index), path("fail", fail)),
        MIDDLEWARE=[f"{__name__}.django_hooks"],
        ALLOWED_HOSTS=["127.0.0.1"],
    )
    make_server("127.0.0.1", port, get_wsgi_application()).serve_forever()


def django_hooks(get_response):
    from django.utils.deprecation import MiddlewareMixin

    class Hooks(MiddlewareMixin):
        def process_request(self, request):
            pass

        def process_response(self, request, response):
            return response

    return Hooks(get_response)


def tornado(port):
    import asyncio

    from tornado.web import Application, RequestHandler

    class Index(RequestHandler):
        def prepare(self):
            pass

        def get(self):
            self.write(f"Hello, {self.get_argument('name')}, from Tornado")

        def on_finish(self):
            pass

    class Fail(Index):
        def get(self):
            self.write(str(1 // 0))

    async def serve():
        Application([("/", Index), ("/fail", Fail)]).listen(port, "127.0.0.1")
        await asyncio.Event().wait()

    asyncio.run(serve())


def bottle(port):
    from bottle import Bottle, request, run

    app = Bottle()

    @app.hook("before_request")
    def before():
        pass

    @app.hook("after_request")
    def after():
        pass

    @app.get("/")
    def index():
        return f"Hello, {request.query.name}, from Bottle"

    @app.get("/fail")
    def fail():
        return str(1 // 0)

    run(app, host="127.0.0.1", port=port, quiet=True)


def webpy(port):
    import web

    web.config.debug = False

    class Index:
        def GET(self):
            return f"Hello, {web.input().name}, from web.py"

    class Fail:
        def GET(self):
            return str(1 // 0)

    def before():
        pass

    def after():
        pass

    app = web.application(("/", "Index", "/fail", "Fail"), {"Index": Index, "Fail": Fail})
    app.add_processor(web.loadhook(before))
    app.add_processor(web.unloadhook(after))
    web.httpserver.runsimple(app.wsgifunc(), ("127.0.0.1", port))
