"""A name that begins with two underscores: private by being renamed."""

from flask import Flask

app = Flask("private")


class Foo:
    def __init__(self):
        self.__age = 18

    def age(self):
        return self.__age


class D(Foo):
    def age(self):
        return self.__age


@app.get("/inside")
def inside():
    return f"{Foo().age()}, kept as {list(vars(Foo()))}"


@app.get("/outside")
def outside():
    return f"{Foo()._Foo__age}"


@app.get("/subclass")
def subclass():
    try:
        return f"{D().age()}"
    except AttributeError as error:
        return str(error)
