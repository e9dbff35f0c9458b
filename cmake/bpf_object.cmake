# SPDX-License-Identifier: Apache-2.0
# How a *.bpf.c becomes a skeleton header: clang -target bpf, bpftool gen object, bpftool gen skeleton.
#
# bpf_object(NAME SOURCES a.bpf.c b.bpf.c...): links the sources into one object and makes the INTERFACE target NAME_skel,
# whose users can include "NAME.skel.h" and "NAME.programs.inc", the list of what they hang on (bpf/programs.sh).
find_program(MS_CLANG NAMES clang clang-14 REQUIRED)
find_program(MS_BPFTOOL NAMES bpftool PATHS /usr/sbin /sbin REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(LIBBPF REQUIRED IMPORTED_TARGET libbpf>=1.1)
execute_process(COMMAND ${CMAKE_C_COMPILER} -print-multiarch OUTPUT_VARIABLE MS_MULTIARCH OUTPUT_STRIP_TRAILING_WHITESPACE)

function(bpf_object name)
  cmake_parse_arguments(B "" "" "SOURCES" ${ARGN})
  set(out ${CMAKE_BINARY_DIR}/generated/bpf)
  file(MAKE_DIRECTORY ${out})
  set(objects "")
  foreach(source IN LISTS B_SOURCES)
    string(REPLACE "/" "_" flat ${source})
    set(object ${out}/${name}.${flat}.o)
    add_custom_command(
      OUTPUT ${object}
      COMMAND ${MS_CLANG} -g -O2 -mcpu=v3 -target bpf -D__TARGET_ARCH_x86 -Wall -Wextra -Wno-unused-parameter -Werror
              -Wno-missing-declarations -I${CMAKE_BINARY_DIR}/include/schema -I${CMAKE_BINARY_DIR}/include/bpf
              -idirafter /usr/include/${MS_MULTIARCH} -MD -MF ${object}.d -c ${CMAKE_CURRENT_SOURCE_DIR}/${source} -o ${object}
      DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${source}
      DEPFILE ${object}.d
      COMMENT "BPF ${source}" VERBATIM)
    list(APPEND objects ${object})
  endforeach()
  add_custom_command(
    OUTPUT ${out}/${name}.skel.h
    COMMAND ${MS_BPFTOOL} gen object ${out}/${name}.bpf.o ${objects}
    COMMAND sh -c "'${MS_BPFTOOL}' gen skeleton '${out}/${name}.bpf.o' name '${name}' > '${out}/${name}.skel.h'"
    DEPENDS ${objects}
    COMMENT "skeleton ${name}" VERBATIM)
  add_custom_command(
    OUTPUT ${out}/${name}.programs.inc
    COMMAND sh ${CMAKE_SOURCE_DIR}/bpf/programs.sh ${objects} > ${out}/${name}.programs.inc
    DEPENDS ${objects} ${CMAKE_SOURCE_DIR}/bpf/programs.sh
    COMMENT "programs of ${name}" VERBATIM)
  add_custom_target(${name}_skel_made DEPENDS ${out}/${name}.skel.h ${out}/${name}.programs.inc)
  add_library(${name}_skel INTERFACE)
  add_dependencies(${name}_skel ${name}_skel_made)
  target_include_directories(${name}_skel SYSTEM INTERFACE ${out})
  target_link_libraries(${name}_skel INTERFACE PkgConfig::LIBBPF)
endfunction()
