/*
 * Turns the page's files into C: embed OUT.c OUT.bin FOLDER…
 *
 * The first folder that has an index.html is taken. OUT.bin holds the bytes of every file, plain and, where that is
 * smaller, gzipped; OUT.c pulls it in whole and is the table over it (http/static.h). Runs at every build; what did not
 * change is not written, so that nothing is compiled again.
 */
#include <dirent.h>
#include <err.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <zlib.h>

struct file {
	char *path; /* "/assets/app-1a2b3c4d.js" */
	unsigned char *bytes, *gzip;
	size_t n, n_gzip;
};

static struct file *files;
static size_t n_files;

static void *grow(void *p, size_t n)
{
	p = realloc(p, n ? n : 1);
	if (!p)
		err(1, "memory");
	return p;
}

static unsigned char *read_file(const char *path, size_t *ret_n)
{
	struct stat st;
	FILE *f = fopen(path, "rb");
	if (!f || fstat(fileno(f), &st) != 0)
		return NULL;
	size_t n = (size_t)st.st_size;
	unsigned char *p = grow(NULL, n);
	if (fread(p, 1, n, f) != n)
		err(1, "%s", path);
	fclose(f);
	*ret_n = n;
	return p;
}

/* gzip with level 9 and without name and time, so that the same file gives the same bytes. */
static void compress_file(struct file *f)
{
	z_stream z = { 0 };
	size_t room = f->n + f->n / 100 + 100;
	unsigned char *out = grow(NULL, room);
	if (deflateInit2(&z, 9, Z_DEFLATED, 15 + 16, 9, Z_DEFAULT_STRATEGY) != Z_OK)
		errx(1, "zlib");
	z.next_in = f->bytes;
	z.avail_in = (unsigned)f->n;
	z.next_out = out;
	z.avail_out = (unsigned)room;
	if (deflate(&z, Z_FINISH) != Z_STREAM_END)
		errx(1, "zlib: %s", f->path);
	size_t n = z.total_out;
	deflateEnd(&z);
	/* Less than a tenth is not worth the browser's work. */
	if (n + n / 10 >= f->n) {
		free(out);
		return;
	}
	f->gzip = out;
	f->n_gzip = n;
}

static void add_file(const char *full, const char *path)
{
	files = grow(files, (n_files + 1) * sizeof *files);
	struct file *f = &files[n_files++];
	*f = (struct file){ .path = strdup(path) };
	f->bytes = read_file(full, &f->n);
	if (!f->bytes || !f->path)
		err(1, "%s", full);
	compress_file(f);
}

static void walk(const char *folder, const char *prefix)
{
	DIR *d = opendir(folder);
	if (!d)
		err(1, "%s", folder);
	for (struct dirent *i; (i = readdir(d));) {
		char full[4096], path[2048];
		struct stat st;
		if (i->d_name[0] == '.')
			continue;
		if ((size_t)snprintf(full, sizeof full, "%s/%s", folder, i->d_name) >= sizeof full ||
		    (size_t)snprintf(path, sizeof path, "%s/%s", prefix, i->d_name) >= sizeof path)
			errx(1, "%s: path too long", folder);
		if (stat(full, &st) != 0)
			err(1, "%s", full);
		if (S_ISDIR(st.st_mode))
			walk(full, path);
		else
			add_file(full, path);
	}
	closedir(d);
}

static int by_path(const void *a, const void *b)
{
	return strcmp(((const struct file *)a)->path, ((const struct file *)b)->path);
}

static const char *type_of(const char *path)
{
	static const char *const types[][2] = {
		{ ".html", "text/html; charset=utf-8" },
		{ ".css", "text/css; charset=utf-8" },
		{ ".js", "text/javascript; charset=utf-8" },
		{ ".mjs", "text/javascript; charset=utf-8" },
		{ ".json", "application/json" },
		{ ".map", "application/json" },
		{ ".webmanifest", "application/manifest+json" },
		{ ".txt", "text/plain; charset=utf-8" },
		{ ".svg", "image/svg+xml" },
		{ ".png", "image/png" },
		{ ".jpg", "image/jpeg" },
		{ ".webp", "image/webp" },
		{ ".ico", "image/vnd.microsoft.icon" },
		{ ".woff2", "font/woff2" },
		{ ".wasm", "application/wasm" },
	};
	size_t n = strlen(path);
	for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
		size_t end = strlen(types[i][0]);
		if (n > end && strcmp(path + n - end, types[i][0]) == 0)
			return types[i][1];
	}
	return "application/octet-stream";
}

/* Vite names what it built "name-HASH.ext" with eight characters, below /assets/. */
static bool is_immutable(const char *path)
{
	const char *dot = strrchr(path, '.');
	return strncmp(path, "/assets/", 8) == 0 && dot && dot - path > 17 && dot[-9] == '-';
}

static uint64_t hash(const struct file *f)
{
	uint64_t h = 14695981039346656037u; /* FNV-1a */
	for (size_t i = 0; i < f->n; i++)
		h = (h ^ f->bytes[i]) * 1099511628211u;
	return h;
}

/* The path of OUT.bin stands in OUT.c, so the compiler's working folder does not matter. */
static void write_table(FILE *c, const char *bin)
{
	size_t at = 0;
	char *absolute = realpath(bin, NULL);
	fprintf(c,
		"/* Made by tools/embed. */\n#include \"http/static.h\"\n\n"
		"__asm__(\".section .rodata\\n.balign 16\\npage_bytes:\\n.incbin \\\"%s\\\"\\n.byte "
		"0\\n.previous\\n\");\n"
		"extern const unsigned char page_bytes[];\n\nstatic const struct static_file files[] = {\n",
		absolute ? absolute : bin);
	free(absolute);
	for (size_t i = 0; i < n_files; i++) {
		const struct file *f = &files[i];
		fprintf(c, "\t{ \"%s\", \"%s\", page_bytes + %zu, %zu, ", f->path, type_of(f->path), at, f->n);
		at += f->n;
		if (f->gzip)
			fprintf(c, "page_bytes + %zu, %zu, ", at, f->n_gzip);
		else
			fprintf(c, "NULL, 0, ");
		at += f->n_gzip;
		fprintf(c, "\"\\\"%016" PRIx64 "\\\"\", %s },\n", hash(f), is_immutable(f->path) ? "true" : "false");
	}
	fprintf(c, "};\n\nconst struct static_table page_files = { files, sizeof files / sizeof *files };\n");
}

static void write_bytes(FILE *b)
{
	for (size_t i = 0; i < n_files; i++) {
		fwrite(files[i].bytes, 1, files[i].n, b);
		fwrite(files[i].gzip ? files[i].gzip : files[i].bytes, 1, files[i].n_gzip, b);
	}
}

/* Writes to a file beside and puts it in the place of the old one only when they differ. */
static void replace(const char *path, const char *fresh)
{
	size_t a, b;
	unsigned char *was = read_file(path, &a), *is = read_file(fresh, &b);
	bool same = was && is && a == b && memcmp(was, is, a) == 0;
	free(was);
	free(is);
	if (same ? remove(fresh) != 0 : rename(fresh, path) != 0)
		err(1, "%s", path);
}

static void produce(const char *path, void (*write)(FILE *f))
{
	char fresh[4096];
	snprintf(fresh, sizeof fresh, "%s.new", path);
	FILE *f = fopen(fresh, "wb");
	if (!f)
		err(1, "%s", fresh);
	write(f);
	if (fclose(f) != 0)
		err(1, "%s", fresh);
	replace(path, fresh);
}

static const char *bin_path;

static void write_c(FILE *f)
{
	write_table(f, bin_path);
}

int main(int argc, char **argv)
{
	if (argc < 4)
		errx(2, "usage: embed OUT.c OUT.bin FOLDER...");
	for (int i = 3; i < argc && n_files == 0; i++) {
		char index[4096];
		struct stat st;
		snprintf(index, sizeof index, "%s/index.html", argv[i]);
		if (stat(index, &st) == 0)
			walk(argv[i], "");
	}
	if (n_files == 0)
		errx(1, "no folder has an index.html");
	qsort(files, n_files, sizeof *files, by_path);
	bin_path = argv[2];
	produce(argv[2], write_bytes);
	produce(argv[1], write_c);
	for (size_t i = 0; i < n_files; i++) {
		free(files[i].path);
		free(files[i].bytes);
		free(files[i].gzip);
	}
	free(files);
	return 0;
}
