// The version of this ABI. Host and module each stamp theirs into what they hand over, and each checks the other's.
//
// Rules of change:
// - major: anything that breaks a built host or module. The two refuse each other, naming both versions.
// - minor: new extension ids, new schema fields. Nobody refuses anybody.
// - revision: comments.
// A published struct never grows and never changes; a new need is a new extension id, "/2" beside "/1".
#ifndef FERRY_VERSION_H
#define FERRY_VERSION_H

#include <stdbool.h>
#include <stdint.h>

#define FERRY_ABI_VERSION_MAJOR 1
#define FERRY_ABI_VERSION_MINOR 0
#define FERRY_ABI_VERSION_REVISION 0

typedef struct ferry_version {
   uint32_t major;
   uint32_t minor;
   uint32_t revision;
} ferry_version_t;

// The version these headers describe.
static inline ferry_version_t ferry_abi_version(void) {
   ferry_version_t version;
   version.major = FERRY_ABI_VERSION_MAJOR;
   version.minor = FERRY_ABI_VERSION_MINOR;
   version.revision = FERRY_ABI_VERSION_REVISION;
   return version;
}

// Whether the other side, built against `other`, may be called at all.
static inline bool ferry_version_is_compatible(ferry_version_t other) {
   return other.major == FERRY_ABI_VERSION_MAJOR;
}

#endif
