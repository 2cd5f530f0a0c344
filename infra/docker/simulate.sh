#!/bin/sh
# A plant's history, once, then its life in real time. The end of the history is kept: whoever is interrupted sends the
# same records again, which count once, and whoever is restarted later goes on with the same machines.
set -eu
kept="$MILLWRIGHT_STATE_DIR/simulator"
mkdir -p "$kept"
[ -s "$kept/end" ] || date -u +%Y-%m-%dT%H:00:00Z > "$kept/end"
if [ ! -e "$kept/history-sent" ]; then
  millwright simulate --machines "$SIMULATOR_MACHINES" --days 90 --end "$(cat "$kept/end")"
  touch "$kept/history-sent"
fi
# Thirty days after its history's end a plant may not go on any more (millwright simulate --help): a new one begins.
[ -z "$(find "$kept/end" -mtime +27)" ] || date -u +%Y-%m-%dT%H:00:00Z > "$kept/end"
exec millwright simulate --machines "$SIMULATOR_MACHINES" --days 90 --end "$(cat "$kept/end")" --no-history \
  --live 86400 --rate "$SIMULATOR_RATE"
