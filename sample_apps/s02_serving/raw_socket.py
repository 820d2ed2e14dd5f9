"""A web server out of nothing but a socket."""

import socket


def main(port):
    listening = socket.socket()
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.bind(("127.0.0.1", port))
    listening.listen()
    while True:
        connection, _ = listening.accept()
        connection.recv(8096)
        connection.send(b"HTTP/1.1 200 OK\r\n\r\n")
        connection.send(b"Hello, Socket")
        connection.close()
