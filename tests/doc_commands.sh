# SPDX-License-Identifier: Apache-2.0
# Which commands do README and the tutorials print, and where is each of them typed? Sourced.

# The lines of the ```sh blocks of these files.
commands() { awk '/^```/ { on = ($0 == "```sh"); next } on && NF' "$@"; }
# What searches a model needs no kernel, and takes a minute in an emulated one.
explores() { [[ $1 == 'mirrorscope explore '* ]]; }
