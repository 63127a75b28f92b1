# SPDX-License-Identifier: MIT
# herd_room(NAME [USES room ...] [LIBRARIES target ...]): the static library of
# one room, herd_NAME, from every .c file in its folder. It may name the rooms
# it USES and the system LIBRARIES given here, and nothing else.
function(herd_room name)
  cmake_parse_arguments(room "" "" "USES;LIBRARIES" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.c)
  add_library(herd_${name} STATIC ${sources})
  target_include_directories(herd_${name} PUBLIC ${CMAKE_SOURCE_DIR}/include)
  list(TRANSFORM room_USES PREPEND herd_)
  target_link_libraries(herd_${name} PUBLIC ${room_USES} ${room_LIBRARIES})
endfunction()

# herd_unit_tests(ROOM): one program and one CTest test for each
# test/unit/ROOM/test_*.c, linked with that room alone (and what it uses). The
# folder's other .c files are helpers, part of each of its programs.
function(herd_unit_tests room)
  file(GLOB tests CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/test/unit/${room}/test_*.c)
  file(GLOB helpers CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/test/unit/${room}/*.c)
  list(FILTER helpers EXCLUDE REGEX "/test_[^/]*$")
  foreach(source ${tests})
    get_filename_component(name ${source} NAME_WE)
    add_executable(${name} ${source} ${helpers})
    target_link_libraries(${name} PRIVATE herd_${room} PkgConfig::CMOCKA)
    add_test(NAME unit.${room}.${name} COMMAND ${name})
    set_tests_properties(unit.${room}.${name} PROPERTIES TIMEOUT 300 LABELS unit)
  endforeach()
endfunction()
