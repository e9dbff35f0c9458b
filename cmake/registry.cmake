# SPDX-License-Identifier: Apache-2.0
# "One file here = one entry": a list of entries is made from the file names of a folder, never kept by hand.
#
# ms_registry(FOLDER OUT_SOURCES OUT_DIR): for FOLDER/a.cpp, FOLDER/b.cpp writes, sorted by name, OUT_DIR/FOLDER.inc with ENTRY(a) ENTRY(b)
# and OUT_DIR/FOLDER_files.inc, which includes them.
function(ms_registry folder out_sources out_dir)
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${folder}/*.cpp)
  list(SORT sources)
  get_filename_component(layer ${CMAKE_CURRENT_SOURCE_DIR} NAME)
  set(files "// Made from the files of ${folder}/ by cmake/registry.cmake.\n")
  set(content "// Made from the files of ${folder}/ by cmake/registry.cmake.\n")
  foreach(source IN LISTS sources)
    cmake_path(GET source STEM stem)
    string(APPEND content "ENTRY(${stem})\n")
    string(APPEND files "#include \"${layer}/${folder}/${stem}.cpp\"\n")
  endforeach()
  string(REPLACE "/" "_" flat ${folder})
  set(dir ${CMAKE_BINARY_DIR}/generated/${layer})
  file(CONFIGURE OUTPUT ${dir}/${flat}.inc CONTENT "${content}" @ONLY)
  file(CONFIGURE OUTPUT ${dir}/${flat}_files.inc CONTENT "${files}" @ONLY)
  set(${out_sources} ${sources} PARENT_SCOPE)
  set(${out_dir} ${dir} PARENT_SCOPE)
endfunction()
