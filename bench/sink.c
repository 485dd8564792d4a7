/* A mail server that takes everything and keeps nothing, fast enough to be no bottleneck.
 *
 * It prints its port and serves all connections by epoll until standard input ends; then it prints how many
 * messages it took. It speaks as much of RFC 5321 as a sender needs, with PIPELINING (RFC 2920). */

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MOST_EVENTS = 64, READ_SIZE = 65536, LINE_SIZE = 1024 };
static const char END[] = "\r\n.\r\n";

struct connection {
  int fd;
  int in_data;
  /* How much of END the last bytes of the message are, or how long the line is that has come so far. */
  int matched;
  int length;
  char line[LINE_SIZE];
};

static unsigned long taken;

static void say(char *answers, size_t *size, const char *words) {
  size_t length = strlen(words);
  memcpy(answers + *size, words, length);
  *size += length;
}

static void answer(struct connection *one, char *answers, size_t *size) {
  if (!strncasecmp(one->line, "EHLO", 4))
    say(answers, size, "250-sink\r\n250-PIPELINING\r\n250 ENHANCEDSTATUSCODES\r\n");
  else if (!strncasecmp(one->line, "DATA", 4)) {
    /* The end of the command is the beginning of an end that stands in the first line. */
    one->in_data = 1;
    one->matched = 2;
    say(answers, size, "354 go on\r\n");
  } else if (!strncasecmp(one->line, "QUIT", 4))
    say(answers, size, "221 bye\r\n");
  else
    say(answers, size, "250 2.0.0 fine\r\n");
}

static size_t in_data(struct connection *one, const char *at, size_t left, char *answers, size_t *size) {
  size_t used = 0;
  while (used < left) {
    if (!one->matched) {
      const char *next = memchr(at + used, '\r', left - used);
      if (!next)
        return left;
      used = (size_t)(next - at);
    }
    char sign = at[used++];
    if (sign == END[one->matched])
      one->matched++;
    else
      one->matched = sign == '\r';
    if (one->matched == 5) {
      one->in_data = one->matched = 0;
      taken++;
      say(answers, size, "250 2.0.0 taken\r\n");
      return used;
    }
  }
  return used;
}

static void hear(struct connection *one) {
  static char heard[READ_SIZE], answers[READ_SIZE * 64];
  ssize_t count = read(one->fd, heard, sizeof heard);
  size_t size = 0, used = 0;
  if (count <= 0) {
    close(one->fd);
    free(one);
    return;
  }
  while (used < (size_t)count) {
    if (one->in_data) {
      used += in_data(one, heard + used, (size_t)count - used, answers, &size);
      continue;
    }
    char sign = heard[used++];
    if (sign == '\n') {
      one->line[one->length] = 0;
      one->length = 0;
      answer(one, answers, &size);
    } else if (one->length < LINE_SIZE - 1)
      one->line[one->length++] = sign;
  }
  if (size && write(one->fd, answers, size) != (ssize_t)size)
    shutdown(one->fd, SHUT_RDWR);
}

static void watch(int queue, int fd, void *what) {
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = what};
  epoll_ctl(queue, EPOLL_CTL_ADD, fd, &event);
}

int main(void) {
  struct sockaddr_in place = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t length = sizeof place;
  struct epoll_event events[MOST_EVENTS];
  int listener = socket(AF_INET, SOCK_STREAM, 0), queue = epoll_create1(0), one = 1, input = 0;
  if (bind(listener, (struct sockaddr *)&place, length) || listen(listener, 64) ||
      getsockname(listener, (struct sockaddr *)&place, &length))
    return 1;
  printf("%d\n", ntohs(place.sin_port));
  fflush(stdout);
  watch(queue, 0, &input);
  watch(queue, listener, &listener);
  for (;;) {
    int count = epoll_wait(queue, events, MOST_EVENTS, -1);
    for (int number = 0; number < count; number++) {
      void *what = events[number].data.ptr;
      if (what == &input) {
        printf("%lu\n", taken);
        return 0;
      }
      if (what != &listener) {
        hear(what);
        continue;
      }
      struct connection *fresh = calloc(1, sizeof *fresh);
      if (!fresh || (fresh->fd = accept(listener, NULL, NULL)) < 0) {
        free(fresh);
        continue;
      }
      setsockopt(fresh->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
      if (write(fresh->fd, "220 sink ESMTP\r\n", 16) != 16)
        shutdown(fresh->fd, SHUT_RDWR);
      watch(queue, fresh->fd, fresh);
    }
  }
}
