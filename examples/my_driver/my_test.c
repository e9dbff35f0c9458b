// SPDX-License-Identifier: GPL-2.0
/* The test-suite of my_driver: a device that touches pages while the process gives some of them back. Exit code 0: it saw nothing wrong. */
#include <fcntl.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "my_driver.h"

#define PAGE 4096UL
#define PAGES 16UL

int main(void)
{
	char *memory = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct my_watch watch = {.start = (unsigned long)memory, .pages = PAGES};
	int device = open("/dev/my_driver", O_RDWR), round;
	unsigned long page;

	if (device < 0 || memory == MAP_FAILED || ioctl(device, MY_WATCH, &watch)) {
		perror("my_test");
		return 1;
	}
	for (round = 0; round < 20; round++) {
		for (page = 0; page < PAGES; page++)
			if (ioctl(device, MY_FAULT, page)) {
				perror("my_test: MY_FAULT");
				return 1;
			}
		madvise(memory + (round % 8) * PAGE, 3 * PAGE, MADV_DONTNEED);
	}
	puts("20 rounds, nothing noticed");
	return 0;
}
