"""A program for nym-client: its documented formats and nothing but Python. Prints what it sees, a line each.

program.py HOST PORT
"""

import base64
import hashlib
import json
import os
import socket
import struct
import sys


class WebSocket:
    """RFC 6455, as far as one needs it: a handshake, and messages of one frame."""

    def __init__(self, host, port):
        self.stream = socket.create_connection((host, port), timeout=30)
        self.file = self.stream.makefile('rb')
        key = base64.b64encode(os.urandom(16)).decode()
        self.stream.sendall(
            f'GET / HTTP/1.1\r\nHost: {host}:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n'
            f'Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n'.encode()
        )
        status = self.file.readline()
        assert b' 101 ' in status, status
        headers = {}
        for line in iter(self.file.readline, b'\r\n'):
            name, value = line.decode().split(':', 1)
            headers[name.lower()] = value.strip()
        digest = hashlib.sha1((key + '258EAFA5-E914-47DA-95CA-C5AB0DC85B11').encode()).digest()
        assert headers['sec-websocket-accept'] == base64.b64encode(digest).decode()

    def send(self, message):
        opcode = 1 if isinstance(message, str) else 2
        data = message.encode() if isinstance(message, str) else message
        length = len(data)
        if length < 126:
            head = struct.pack('>BB', 0x80 | opcode, 0x80 | length)
        elif length < 65536:
            head = struct.pack('>BBH', 0x80 | opcode, 0x80 | 126, length)
        else:
            head = struct.pack('>BBQ', 0x80 | opcode, 0x80 | 127, length)
        mask = os.urandom(4)
        masked = bytes(byte ^ mask[i % 4] for i, byte in enumerate(data))
        self.stream.sendall(head + mask + masked)

    def receive(self):
        first, length = self.file.read(2)
        if length == 126:
            (length,) = struct.unpack('>H', self.file.read(2))
        elif length == 127:
            (length,) = struct.unpack('>Q', self.file.read(8))
        data = self.file.read(length)
        assert first in (0x81, 0x82), first
        return data.decode() if first == 0x81 else data

    def close(self):
        self.stream.sendall(b'\x88\x80' + os.urandom(4))
        assert self.file.read(1) == b'\x88'
        self.stream.close()


def received(data):
    """sender tag or None, message"""
    assert data[0] == 1, data
    tag, rest = (data[2:18], data[18:]) if data[1] == 1 else (None, data[2:])
    (length,) = struct.unpack('>Q', rest[:8])
    assert len(rest) == 8 + length
    return tag, rest[8:]


def say(*words):
    print(*words, flush=True)


nym = WebSocket(sys.argv[1], int(sys.argv[2]))

# Text.
nym.send(json.dumps({'type': 'selfAddress'}))
own = json.loads(nym.receive())
say('text', own['type'], own['address'])
address = own['address']

nym.send(json.dumps({'type': 'send', 'recipient': address, 'message': 'Hello Nym!'}))
say('text', json.dumps(json.loads(nym.receive()), sort_keys=True))

nym.send(json.dumps({'type': 'sendAnonymous', 'recipient': address, 'message': 'who am I?', 'replySurbs': 20}))
question = json.loads(nym.receive())
say('text', question['type'], question['message'], len(question['senderTag']) > 20)
nym.send(json.dumps({'type': 'reply', 'senderTag': question['senderTag'], 'message': 'nobody knows'}))
say('text', json.dumps(json.loads(nym.receive()), sort_keys=True))

nym.send(json.dumps({'type': 'sned'}))
say('text', json.loads(nym.receive())['message'].split(':')[0])

# Bytes.
nym.send(b'\x03')
own = nym.receive()
say('bytes', own[0], len(own))
recipient = own[1:]

content = bytes(range(256)) * 300
nym.send(b'\x00' + recipient + struct.pack('>QQ', 0, len(content)) + content)
tag, message = received(nym.receive())
say('bytes', tag, message == content)

nym.send(b'\x01' + struct.pack('>I', 20) + recipient + struct.pack('>QQ', 0, 9) + b'who am I?')
tag, message = received(nym.receive())
say('bytes', len(tag), message.decode())
nym.send(b'\x02' + tag + struct.pack('>QQ', 0, 12) + b'nobody knows')
tag, message = received(nym.receive())
say('bytes', tag, message.decode())

nym.send(b'\x05' + struct.pack('>Q', 42))
say('bytes', *struct.unpack('>BQQ', nym.receive()))
nym.send(b'\x04' + struct.pack('>Q', 42))
nym.send(b'\x99')
error = nym.receive()
say('bytes', error[0], error[1], len(error) == 10 + struct.unpack('>Q', error[2:10])[0])

nym.close()
