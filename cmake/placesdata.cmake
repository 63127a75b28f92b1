# SPDX-License-Identifier: MIT
# Makes share/herd/places.idx in the build tree from the table that ships with
# the sources, with the importer just built (under CMAKE_CROSSCOMPILING_EMULATOR
# when crossing), and installs it. CMake itself unpacks the table. Include it
# where the target `herd` is known.
set(places_data ${CMAKE_SOURCE_DIR}/src/places/data)
set(places_work ${CMAKE_BINARY_DIR}/places)
set(places_index ${CMAKE_BINARY_DIR}/share/herd/places.idx)
file(MAKE_DIRECTORY ${places_work} ${CMAKE_BINARY_DIR}/share/herd)

add_custom_command(
  OUTPUT ${places_work}/cities500.tsv
  COMMAND ${CMAKE_COMMAND} -E tar xf ${places_data}/cities500.tar.xz --touch
  DEPENDS ${places_data}/cities500.tar.xz
  WORKING_DIRECTORY ${places_work}
  COMMENT "Unpacking the embedded places"
  VERBATIM)
add_custom_command(
  OUTPUT ${places_index}
  COMMAND herd places import --format tsv --source geonames --attribution "© GeoNames (CC BY 4.0)"
          --output ${places_index} ${places_work}/cities500.tsv
  DEPENDS herd ${places_work}/cities500.tsv
  COMMENT "Making the index of places"
  VERBATIM)
add_custom_target(places_index ALL DEPENDS ${places_index})

install(FILES ${places_index} DESTINATION ${CMAKE_INSTALL_DATADIR}/herd)
install(FILES ${places_data}/LICENSE.CC-BY-4.0 DESTINATION ${CMAKE_INSTALL_DOCDIR})
