"""Operators and other syntax end in special methods; a proxy hands each of them on."""

from flask import Flask, g
from werkzeug.local import LocalProxy

app = Flask("operators")


class Purse:
    """Writes down which of its special methods is called."""

    def __init__(self):
        self.called = []

    def __add__(self, other):
        self.called.append("__add__")
        return 2

    def __getitem__(self, name):
        self.called.append("__getitem__")
        return name

    def __len__(self):
        self.called.append("__len__")
        return 1

    def __call__(self):
        self.called.append("__call__")

    def __enter__(self):
        self.called.append("__enter__")

    def __exit__(self, *error):
        self.called.append("__exit__")


purse = LocalProxy(lambda: g.purse)


def use(thing):
    thing + 1
    thing["coins"]
    len(thing)
    thing()
    with thing:
        pass


@app.get("/")
def index():
    g.purse = direct = Purse()
    use(direct)
    g.purse = Purse()
    use(purse)
    return f"directly:    {' '.join(direct.called)}\nby a proxy: {' '.join(purse.called)}"
