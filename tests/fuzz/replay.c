/*
 * Replays a corpus without libFuzzer: `replay_NAME FOLDER…` gives every file of the folders to the target, whole and
 * cut short at every length (at most CUTS of them), because truncation is the commonest damage of all. Each input lies
 * in a block of exactly its size, so that a sanitizer sees a read past its end.
 */
#include <dirent.h>
#include <err.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define CUTS 256

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void run(const uint8_t *data, size_t size)
{
	uint8_t *exact = malloc(size > 0 ? size : 1);
	if (exact == NULL)
		err(1, "malloc");
	if (size > 0)
		memcpy(exact, data, size);
	LLVMFuzzerTestOneInput(exact, size);
	free(exact);
}

static void replay_file(const char *path)
{
	FILE *f = fopen(path, "rb");
	struct stat st;
	if (f == NULL || fstat(fileno(f), &st) != 0)
		err(1, "%s", path);
	size_t size = (size_t)st.st_size;
	uint8_t *data = malloc(size + 1);
	if (data == NULL || fread(data, 1, size, f) != size)
		err(1, "%s", path);
	fclose(f);

	run(data, size);
	size_t step = size / CUTS + 1;
	for (size_t cut = 0; cut < size; cut += step)
		run(data, cut);
	free(data);
}

static int replay_folder(const char *folder)
{
	struct dirent **entries;
	int inputs = 0, n = scandir(folder, &entries, NULL, alphasort);
	if (n < 0)
		err(1, "%s", folder);
	for (int i = 0; i < n; i++) {
		char path[4096];
		snprintf(path, sizeof(path), "%s/%s", folder, entries[i]->d_name);
		if (entries[i]->d_name[0] != '.') {
			replay_file(path);
			inputs++;
		}
		free(entries[i]);
	}
	free(entries);
	return inputs;
}

int main(int argc, char **argv)
{
	int inputs = 0;
	for (int i = 1; i < argc; i++)
		inputs += replay_folder(argv[i]);
	if (inputs == 0)
		errx(1, "no corpus");
	printf("%d inputs replayed\n", inputs);
	return 0;
}
