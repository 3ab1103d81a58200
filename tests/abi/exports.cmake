# The module's defined dynamic symbols are exactly ferry_get_entry.
execute_process(COMMAND ${NM} -D --defined-only --format=posix ${MODULE} OUTPUT_VARIABLE symbols
                COMMAND_ERROR_IS_FATAL ANY)
string(STRIP "${symbols}" symbols)
string(REGEX REPLACE " [^\n]*" "" names "${symbols}")
if(NOT names STREQUAL "ferry_get_entry")
  message(FATAL_ERROR "${MODULE} exports not ferry_get_entry alone but:\n${names}")
endif()
