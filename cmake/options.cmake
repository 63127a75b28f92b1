# SPDX-License-Identifier: MIT
# Language and tools: C17 without extensions, every warning, hardening, sanitizers.
include(CheckCCompilerFlag)
include(CheckIPOSupported)
include(CheckLinkerFlag)
include(CheckPIESupported)

if(CMAKE_SIZEOF_VOID_P LESS 8)
  message(FATAL_ERROR "Herd needs a 64-bit machine: ${CMAKE_C_COMPILER} builds for one of 32 bits")
endif()

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
option(HERD_LTO "Compile all rooms as one, where the build type is Release and no sanitizer is on" ON)
set(HERD_SANITIZE "" CACHE STRING "Sanitizers to build with, such as address,undefined")

# What compilers and machines have differs, so they are asked; a flag that they do not know is left out.
# herd_compile_flags(FLAG...) asks for all of them at once, as each question takes a while, and where the answer is no
# for each alone.
function(herd_compile_flags)
  string(MAKE_C_IDENTIFIER "HERD_COMPILES${ARGN}" known)
  set(CMAKE_REQUIRED_QUIET ON)
  set(CMAKE_REQUIRED_FLAGS -Werror) # clang says no more than a warning of what another machine has
  check_c_compiler_flag("${ARGN}" ${known})
  if(${known})
    add_compile_options(${ARGN})
  elseif(ARGC GREATER 1)
    foreach(flag ${ARGN})
      herd_compile_flags(${flag})
    endforeach()
  else()
    message(STATUS "${CMAKE_C_COMPILER} does not know ${ARGN}")
  endif()
endfunction()

function(herd_link_flags)
  foreach(flag ${ARGN})
    string(MAKE_C_IDENTIFIER "HERD_LINKS${flag}" known)
    check_linker_flag(C ${flag} ${known})
    if(${known})
      add_link_options(${flag})
    endif()
  endforeach()
endfunction()

add_compile_definitions(_POSIX_C_SOURCE=200809L)
herd_compile_flags(
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
  herd_compile_flags(-fstack-protector-strong -fstack-clash-protection)
  herd_compile_flags(-ftrivial-auto-var-init=zero)
  herd_compile_flags(-fcf-protection=full)         # where a jump may land: x86-64's way to have it checked
  herd_compile_flags(-mbranch-protection=standard) # and arm64's
  # Taken back first: packagers' flags, and some compilers by themselves, have defined it.
  add_compile_options("$<$<CONFIG:Release>:-U_FORTIFY_SOURCE;-D_FORTIFY_SOURCE=3>")
  herd_link_flags(-Wl,-z,relro -Wl,-z,now)
endif()
check_pie_supported(LANGUAGES C)

# Rooms meet at small functions that the hot path calls for every line: a release compiles all of them as one.
if(HERD_LTO AND NOT HERD_SANITIZE)
  check_ipo_supported(RESULT ipo LANGUAGES C)
  set(CMAKE_INTERPROCEDURAL_OPTIMIZATION_RELEASE ${ipo})
endif()
