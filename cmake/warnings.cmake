# SPDX-License-Identifier: Apache-2.0
# Which warnings and sanitizers every target of the project is compiled with.
add_library(ms_warnings INTERFACE)
target_compile_options(ms_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion -Wnon-virtual-dtor -Wundef
  $<$<CXX_COMPILER_ID:Clang>:-Wno-gnu-zero-variadic-macro-arguments>)
if(MIRRORSCOPE_SANITIZE)
  target_compile_options(ms_warnings INTERFACE -fsanitize=${MIRRORSCOPE_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=undefined)
  target_link_options(ms_warnings INTERFACE -fsanitize=${MIRRORSCOPE_SANITIZE})
endif()
if(MIRRORSCOPE_FUZZ)
  target_compile_options(ms_warnings INTERFACE -fsanitize=fuzzer-no-link)
endif()
