#define _GNU_SOURCE
#include "CMappings.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// Of a process that maps more files than this the rest end it without an explanation.
#define CAPACITY 256

// A slot is taken when `state` leaves FREE and may be read by the handler while it is READY. The
// handler ends the process, so that what it reads is not freed under it by its own thread; another
// thread that forgets a mapping at that moment does so for a file that is not the one at fault.
enum { FREE, BUSY, READY };

static struct {
  _Atomic int state;
  uintptr_t base;
  size_t count;
  char *path;
} table[CAPACITY];

int mixflow_mapping_remember(const void *base, size_t count, const char *path) {
  for (int place = 0; place < CAPACITY; place++) {
    int expected = FREE;
    if (!atomic_compare_exchange_strong(&table[place].state, &expected, BUSY)) continue;
    char *copy = strdup(path);
    if (!copy) {
      atomic_store(&table[place].state, FREE);
      return -1;
    }
    table[place].base = (uintptr_t)base;
    table[place].count = count;
    table[place].path = copy;
    atomic_store(&table[place].state, READY);
    return place;
  }
  return -1;
}

void mixflow_mapping_forget(int place) {
  if (place < 0 || place >= CAPACITY) return;
  atomic_store(&table[place].state, BUSY);
  free(table[place].path);
  table[place].path = NULL;
  atomic_store(&table[place].state, FREE);
}

// Only functions that POSIX allows in a handler are called from here on: write and _exit.
static void say(const char *text) {
  size_t count = strlen(text);
  while (count > 0) {
    ssize_t written = write(STDERR_FILENO, text, count);
    if (written <= 0) return;
    text += written;
    count -= (size_t)written;
  }
}

static void explain(int number, siginfo_t *information, void *context) {
  (void)number;
  (void)context;
  uintptr_t address = (uintptr_t)information->si_addr;
  for (int place = 0; place < CAPACITY; place++) {
    if (atomic_load(&table[place].state) != READY) continue;
    if (address < table[place].base || address - table[place].base >= table[place].count) continue;
    say("mixflow: error: ");
    say(table[place].path);
    say(": was cut short while in use, or its disk failed; replace files by renaming, never in "
        "place\n");
    _exit(1);
  }
  // The instruction runs again and ends the process with the signal.
  signal(SIGBUS, SIG_DFL);
}

void mixflow_mappings_explain_faults(void) {
  struct sigaction action = {.sa_flags = SA_SIGINFO};
  action.sa_sigaction = explain;
  sigemptyset(&action.sa_mask);
  sigaction(SIGBUS, &action, NULL);
}
