# A client of MySQL's protocol in Python's own library: the notebook's image may have none installed.
import hashlib, os, socket, struct

def packet(sock):
    head = sock.recv(4, socket.MSG_WAITALL)
    body = sock.recv(int.from_bytes(head[:3], "little"), socket.MSG_WAITALL)
    if body[:1] == b"\xff":
        raise RuntimeError(body[9:].decode())
    return head[3], body

def send(sock, number, body):
    sock.sendall(len(body).to_bytes(3, "little") + bytes([number]) + body)

def scramble(password, nonce):
    once = hashlib.sha1(password.encode()).digest()
    mask = hashlib.sha1(nonce + hashlib.sha1(once).digest()).digest()
    return bytes(a ^ b for a, b in zip(once, mask))

def ask(statement):
    sock = socket.create_connection(("127.0.0.1", 3306), timeout=10)
    _, hello = packet(sock)
    rest = hello[hello.index(b"\0", 1) + 5:]
    nonce = rest[:8] + rest[27:39]
    token = scramble(os.environ["MYSQL_ROOT_PASSWORD"], nonce)
    # Protocol 4.1, secure connection, plugin authentication.
    flags = 0x200 | 0x8000 | 0x80000
    login = struct.pack("<IIB23x", flags, 1 << 24, 45) + b"root\0" + bytes([len(token)]) + token
    send(sock, 1, login + b"mysql_native_password\0")
    packet(sock)
    send(sock, 0, b"\x03" + statement.encode())
    packet(sock)
    while packet(sock)[1][:1] != b"\xfe":
        pass
    row = packet(sock)[1]
    return row[1:1 + row[0]].decode()

print(ask("SELECT CONCAT('rows: ', 6 * 7)"))
