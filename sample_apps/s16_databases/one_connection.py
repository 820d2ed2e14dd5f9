"""One connection and one cursor for all threads of the program."""

import threading
from contextlib import suppress

from flask import Flask

from sample_apps.stores import database

app = Flask("one-connection")


@app.get("/at-once")
def at_once():
    connection = database().connect()
    cursor = connection.cursor()
    everybody = threading.Barrier(5, timeout=10)
    said = {}

    def ask(number):
        everybody.wait()
        try:
            cursor.execute(f"SELECT {number}")
            said[number] = f"got {cursor.fetchone()[0]}"
        except Exception as error:  # noqa: BLE001 - the drivers have none in common
            said[number] = f"{type(error).__name__}: {str(error).partition('.')[0]}"

    threads = [named(number, ask) for number in range(1, 6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    close(connection)
    answers = [f"thread {number} {said[number]}" for number in sorted(said)]
    return "\n".join([database().said, *answers])


@app.get("/one-after-another")
def one_after_another():
    connection = database().connect(**database().for_threads)
    cursor = connection.cursor()
    cursor.execute("CREATE TABLE IF NOT EXISTS orders (number INTEGER)")
    cursor.execute("DELETE FROM orders")

    def order(number):
        cursor.execute(f"INSERT INTO orders VALUES ({number})")
        if number == 5:
            connection.rollback()  # the fifth changes its mind

    for number in range(1, 6):
        thread = named(number, order)
        thread.start()
        thread.join()
    connection.commit()
    cursor.execute("SELECT COUNT(*) FROM orders")
    kept = cursor.fetchone()[0]
    close(connection)
    return f"{database().said}\nFive ordered, one took it back, and {kept} orders are kept."


def named(number, work):
    return threading.Thread(target=work, args=(number,), name=f"order-{number}")


def close(connection):
    with suppress(database().driver.Error):  # it may be beyond help
        connection.close()
