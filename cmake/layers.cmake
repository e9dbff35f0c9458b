# SPDX-License-Identifier: Apache-2.0
# Which layer may use which: a wrong arrow fails configure, a wrong #include does not compile.
#
# Every header is included as "layer/file.h". A layer's own include root holds only a link to that layer, and a target sees
# the roots of the layers it links, so "analyzer/rule.h" does not resolve in a file of trace/.

set(MS_MAY_USE_schema "")
set(MS_MAY_USE_trace schema)
set(MS_MAY_USE_driver-model schema)
set(MS_MAY_USE_analyzer schema driver-model)
set(MS_MAY_USE_crosscheck schema driver-model analyzer)
set(MS_MAY_USE_bpf schema)
set(MS_MAY_USE_tally schema bpf)
set(MS_MAY_USE_collector schema trace bpf tally)
set(MS_MAY_USE_report schema analyzer)
set(MS_MAY_USE_verify schema trace driver-model analyzer crosscheck report)
set(MS_MAY_USE_query schema trace driver-model analyzer crosscheck report verify)
set(MS_MAY_USE_host "")
set(MS_MAY_USE_fleet schema trace report verify)
set(MS_MAY_USE_cli schema trace driver-model analyzer crosscheck bpf tally collector report verify query host fleet)

# ms_layer(NAME SOURCES file... [USES layer...] [LINKS library...]): USES are public arrows, LINKS are private libraries.
function(ms_layer name)
  cmake_parse_arguments(L "" "" "SOURCES;USES;LINKS" ${ARGN})
  foreach(other IN LISTS L_USES)
    if(NOT other IN_LIST MS_MAY_USE_${name})
      message(FATAL_ERROR "layers: ${name} must not use ${other} (allowed: ${MS_MAY_USE_${name}}); see cmake/layers.cmake")
    endif()
  endforeach()
  if(L_SOURCES)
    add_library(${name} STATIC ${L_SOURCES})
    set(scope PUBLIC)
    target_link_libraries(${name} PRIVATE ms_warnings ${L_LINKS})
    # most of a small file's compile time is what it includes: eight of them are compiled as one (docs/decisions.md)
    set_target_properties(${name} PROPERTIES UNITY_BUILD ${MIRRORSCOPE_UNITY} UNITY_BUILD_BATCH_SIZE 8)
    if(MIRRORSCOPE_UNITY)  # there a type of a .cpp's own is taken for a header's; the preset dev asks
      target_compile_options(${name} PRIVATE $<$<COMPILE_LANG_AND_ID:CXX,GNU>:-Wno-subobject-linkage>)
    endif()
  else()
    add_library(${name} INTERFACE)
    set(scope INTERFACE)
  endif()
  ms_include_root(${name})
  target_include_directories(${name} ${scope} ${CMAKE_BINARY_DIR}/include/${name})
  target_link_libraries(${name} ${scope} ${L_USES})
endfunction()

# The include root of one layer: <build>/include/<layer>/<layer> -> the layer's folder.
function(ms_include_root name)
  file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/include/${name})
  file(CREATE_LINK ${CMAKE_SOURCE_DIR}/${name} ${CMAKE_BINARY_DIR}/include/${name}/${name} SYMBOLIC)
endfunction()
