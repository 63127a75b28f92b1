# SPDX-License-Identifier: MIT
# Language and tools: C17 without extensions, every warning, hardening, sanitizers.
set(CMAKE_C_STANDARD 17)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

# Assertions stay on in every build: an invariant that is broken must not go on.
foreach(config RELEASE RELWITHDEBINFO MINSIZEREL)
  string(REPLACE "-DNDEBUG" "" CMAKE_C_FLAGS_${config} "${CMAKE_C_FLAGS_${config}}")
endforeach()

option(HERD_WERROR "Treat warnings as errors" OFF)
set(HERD_SANITIZE "" CACHE STRING "Sanitizers to build with, such as address,undefined")

add_compile_definitions(_POSIX_C_SOURCE=200809L)
add_compile_options(
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wstrict-prototypes -Wmissing-prototypes
  -Wcast-qual -Wwrite-strings -Wundef -Wformat=2 -Wswitch-enum -Wvla -Wnull-dereference
  -fno-common -fno-plt -ffile-prefix-map=${CMAKE_SOURCE_DIR}=.)
if(HERD_WERROR)
  add_compile_options(-Werror)
endif()

if(HERD_SANITIZE)
  add_compile_options(-fsanitize=${HERD_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${HERD_SANITIZE})
else()
  add_compile_options(-fstack-protector-strong -fstack-clash-protection -fcf-protection=full)
  add_compile_options($<$<CONFIG:Release>:-D_FORTIFY_SOURCE=3>)
  if(CMAKE_C_COMPILER_ID STREQUAL "GNU")
    add_compile_options(-ftrivial-auto-var-init=zero)
  endif()
  add_link_options(-Wl,-z,relro,-z,now)
endif()
include(CheckPIESupported)
check_pie_supported(LANGUAGES C)

# Rooms meet at small functions that the hot path calls for every line: a release compiles all of them as one.
if(NOT HERD_SANITIZE)
  include(CheckIPOSupported)
  check_ipo_supported(RESULT ipo LANGUAGES C)
  set(CMAKE_INTERPROCEDURAL_OPTIMIZATION_RELEASE ${ipo})
endif()
