# SPDX-License-Identifier: MIT
# What an installation has besides the programs: units, the account they run
# as, an example configuration, documents.
# Below the prefix: systemd reads units in /usr/lib and in /usr/local/lib.
set(HERD_UNIT_FOLDER lib/systemd/system CACHE STRING "Where systemd units go")
set(HERD_SYSUSERS_FOLDER lib/sysusers.d CACHE STRING "Where sysusers.d files go")

set(units ${CMAKE_SOURCE_DIR}/cmake/units)
configure_file(${units}/herd-server@.service.in ${CMAKE_BINARY_DIR}/units/herd-server@.service @ONLY)
install(FILES ${CMAKE_BINARY_DIR}/units/herd-server@.service ${units}/herd.target DESTINATION ${HERD_UNIT_FOLDER})
install(FILES ${units}/herd.sysusers DESTINATION ${HERD_SYSUSERS_FOLDER} RENAME herd.conf)
install(FILES README.md CHANGELOG.md LICENSE docs/architecture.md docs/clients.md docs/configuration.md docs/journal.md
  docs/operating.md docs/performance.md docs/protocol.md
  docs/security.md cmake/herd.conf.example DESTINATION ${CMAKE_INSTALL_DOCDIR})
