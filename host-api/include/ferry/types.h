// The few types that cross the boundary. Nothing allocated on one side is freed on the other; no C++ type, exception,
// errno or database handle crosses.
#ifndef FERRY_TYPES_H
#define FERRY_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Borrowed UTF-8. Not NUL-terminated. Valid until the call it is passed to returns: copy what you keep.
// data may be null only when size is 0. Never more than FERRY_TEXT_MAX_BYTES.
typedef struct ferry_text {
   const char *data;
   size_t size; // bytes
} ferry_text_t;

// The most that either side passes in one text, or writes into one sink in total: 16 MiB. Longer is a broken contract.
#define FERRY_TEXT_MAX_BYTES ((size_t)16 * 1024 * 1024)

// The caller's receiver for a result of unknown length (UTF-8). Owned by the caller, valid until the call it is passed
// to returns, used on the calling thread only.
typedef struct ferry_sink {
   void *ctx; // the caller's; the callee does not look at it
   // Appends `size` bytes; may be called several times, a character may be cut between two calls. False: the receiver
   // takes no more; the callee stops writing and carries on, its status is not changed by that.
   bool (*write)(const struct ferry_sink *sink, const char *data, size_t size);
} ferry_sink_t;

// What a call answers. Which of these a function may answer is said at the function; any other value is treated as
// FERRY_E_INTERNAL and reported as misbehaviour.
typedef int32_t ferry_status_t;
enum {
   FERRY_OK = 0,
   FERRY_E_INVALID = 1,     // an argument, or the state it was called in, breaks the contract; or settings with problems
   FERRY_E_UNSUPPORTED = 2, // this side does not offer that
   FERRY_E_NOT_FOUND = 3,   // no such record
   FERRY_E_REJECTED = 4,    // a business rule refuses it; permanent until a person changes something
   FERRY_E_BUSY = 5,        // locked or in maintenance; later, no attempt is counted
   FERRY_E_RETRY = 6,       // transient failure; later, the attempt is counted
   FERRY_E_CANCELLED = 7,   // abandoned because the engine is stopping; nothing was changed
   FERRY_E_INTERNAL = 8     // a defect on the answering side
};

#endif
