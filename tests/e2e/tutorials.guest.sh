#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Does every command of the tutorials do what is printed there?
# long: 7.x
# needs: my_driver
# guest: --timeout 2600
. "$(dirname "$0")/words.sh"
. "$lab/../e2e/type_docs.sh" docs/tutorial-driver.md docs/tutorial-rdma.md docs/tutorial-operator.md
