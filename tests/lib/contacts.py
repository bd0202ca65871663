# SPDX-License-Identifier: MIT
# contacts.py FOLDER: a server on this host's loopback alone, which notes who reaches it
#
# It listens by TCP and UDP on 127.0.0.1 and ::1, at one free port, and at 445 where nobody else does, and writes each
# contact to FOLDER/contacts. A second port answers each connection with a line, for --guest-forward. FOLDER/ports gets
# the two numbers when all is ready.
import errno
import os
import selectors
import socket
import sys

os.chdir(sys.argv[1])
contacts = open("contacts", "a", buffering=1)
selector = selectors.DefaultSelector()
PLACES = [(socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")]
KINDS = {"tcp": socket.SOCK_STREAM, "udp": socket.SOCK_DGRAM}


def listen(family, address, kind, port):
    s = socket.socket(family, KINDS[kind])
    s.bind((address, port))
    if kind == "tcp":
        s.listen(100)
    return s, f"{kind} {address} {s.getsockname()[1]}"


def listen_all(port, optional):
    made = []
    for family, address in PLACES:
        for kind in KINDS:
            try:
                made.append(listen(family, address, kind, port))
            except OSError as e:
                if not optional and e.errno not in (errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL):
                    raise
                continue
            port = made[-1][0].getsockname()[1]
    return port, made


for attempt in range(50):
    try:
        port, made = listen_all(0, False)
        break
    except OSError:
        continue
for s, name in made + listen_all(445, True)[1]:
    selector.register(s, selectors.EVENT_READ, name)
forward, _ = listen(socket.AF_INET, "127.0.0.1", "tcp", 0)
selector.register(forward, selectors.EVENT_READ, None)
with open("ports.new", "w") as f:
    print(port, forward.getsockname()[1], file=f)
os.rename("ports.new", "ports")
while True:
    for key, _ in selector.select():
        if key.data:
            contacts.write(key.data + "\n")
        if key.fileobj.type == socket.SOCK_DGRAM:
            key.fileobj.recv(100)
            continue
        c = key.fileobj.accept()[0]
        if not key.data:
            c.send(b"of the host\n")
        c.close()
