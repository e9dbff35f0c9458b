# SPDX-License-Identifier: Apache-2.0
# How files become part of the program: a list of {path, text}, the path as it stands in an #include.
#
# ms_embed(OUT file...): a file of the project is named from its top, another one by its folder and name ("bpf/bpf_helpers.h").
function(ms_embed out)
  set(content "// Made by cmake/embed.cmake.\n")
  foreach(file IN LISTS ARGN)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
    cmake_path(IS_PREFIX CMAKE_SOURCE_DIR ${file} ours)
    if(ours)
      cmake_path(RELATIVE_PATH file BASE_DIRECTORY ${CMAKE_SOURCE_DIR} OUTPUT_VARIABLE path)
    else()
      cmake_path(GET file PARENT_PATH folder)
      cmake_path(GET folder FILENAME folder)
      cmake_path(GET file FILENAME name)
      set(path ${folder}/${name})
    endif()
    file(READ ${file} text)
    string(APPEND content "{\"${path}\", R\"embedded(${text})embedded\"},\n")
  endforeach()
  file(WRITE ${out}.new "${content}")
  file(COPY_FILE ${out}.new ${out} ONLY_IF_DIFFERENT)
endfunction()
