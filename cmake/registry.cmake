# SPDX-License-Identifier: Apache-2.0
# "One file here = one entry": a list of entries is made from the file names of a folder, never kept by hand.
#
# ms_registry(FOLDER EXTENSION OUT_SOURCES OUT_INC): for FOLDER/a.cpp, FOLDER/b.cpp writes an .inc with ENTRY(a) ENTRY(b), sorted by name.
function(ms_registry folder out_sources out_inc)
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${folder}/*.cpp)
  list(SORT sources)
  set(content "// Made from the files of ${folder}/ by cmake/registry.cmake.\n")
  foreach(source IN LISTS sources)
    cmake_path(GET source STEM stem)
    string(APPEND content "ENTRY(${stem})\n")
  endforeach()
  get_filename_component(layer ${CMAKE_CURRENT_SOURCE_DIR} NAME)
  string(REPLACE "/" "_" flat ${folder})
  set(inc ${CMAKE_BINARY_DIR}/generated/${layer}/${flat}.inc)
  file(CONFIGURE OUTPUT ${inc} CONTENT "${content}" @ONLY)
  set(${out_sources} ${sources} PARENT_SCOPE)
  set(${out_inc} ${inc} PARENT_SCOPE)
endfunction()
