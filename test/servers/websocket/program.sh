#!/usr/bin/env bash
# A program for nym-client: its documented JSON, and bash. Prints what it gets, a line each.
#
# program.sh HOST PORT

set -euo pipefail
export LC_ALL=C

exec 3<>"/dev/tcp/$1/$2"
printf 'GET / HTTP/1.1\r\nHost: %s:%s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' "$1" "$2" >&3
printf 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n' >&3
IFS= read -r -u 3 status
[[ $status == *' 101 '* ]]
while IFS= read -r -u 3 line && [[ $line != $'\r' ]]; do :; done

# A text frame of less than 64 KB, with a mask of zeros: as it is.
send() {
  local length=${#1} head
  if ((length < 126)); then
    printf -v head '\\x81\\x%02x' $((128 + length))
  else
    printf -v head '\\x81\\xfe\\x%02x\\x%02x' $((length >> 8)) $((length & 255))
  fi
  { printf "$head\\0\\0\\0\\0"; printf '%s' "$1"; } >&3
}

bytes() { dd bs=1 count="$1" status=none <&3; }
numbers() { bytes "$1" | od -An -v -tu1; }

receive() {
  local opcode length high low
  read -r opcode length < <(numbers 2)
  ((opcode == 129))
  if ((length == 126)); then
    read -r high low < <(numbers 2)
    length=$((high * 256 + low))
  fi
  bytes "$length"
}

field() { sed -E "s/.*\"$1\":\"([^\"]*)\".*/\\1/" && echo; }

send '{"type":"selfAddress"}'
address=$(receive | field address)
echo "$address"

send '{"type":"send","recipient":"'"$address"'","message":"Hello Nym!"}'
receive && echo

send '{"type":"sendAnonymous","recipient":"'"$address"'","message":"who am I?","replySurbs":20}'
tag=$(receive | field senderTag)
send '{"type":"reply","senderTag":"'"$tag"'","message":"nobody knows"}'
receive && echo

send '{"type":"send","recipient":"'"$address"'","message":"on a connection","connectionId":42}'
receive | field type
receive && echo
