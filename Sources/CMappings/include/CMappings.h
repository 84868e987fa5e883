#ifndef MIXFLOW_MAPPINGS_H
#define MIXFLOW_MAPPINGS_H

#include <stddef.h>

/// Remembers that `count` bytes from `base` are those of the file at `path`, of which a copy is kept.
/// Returns the place to forget it by, or -1 where the table is full.
int mixflow_mapping_remember(const void *base, size_t count, const char *path);

/// Forgets the mapping at `place`, before it is unmapped.
void mixflow_mapping_forget(int place);

/// Has the program end with exit code 1 and one line on standard error that names the file, where it
/// reads a page that a remembered file no longer has (SIGBUS). Other faults end it as ever.
void mixflow_mappings_explain_faults(void);

#endif
