#include "ingest/xlsx.h"

#include "base/limits.h"

#define END_BYTES 22 /* of the record that an archive is read by, at least; a remark may come after it */
#define REMARK_BYTES (64 * KIB)

static bool has_end(const char *bytes, size_t n)
{
	size_t last = MIN(n, (size_t)(END_BYTES + REMARK_BYTES));
	const char *found = memmem(bytes + n - last, last, "PK\5\6", 4);
	return found && found + END_BYTES <= bytes + n;
}

bool xlsx_zip_open(char *bytes, size_t n, zip_t **ret, struct err *e)
{
	zip_error_t error;
	zip_error_init(&error);
	zip_source_t *source = zip_source_buffer_create(bytes, n, 0, &error);
	zip_t *z = source ? zip_open_from_source(source, ZIP_RDONLY, &error) : NULL;
	if (!z) {
		if (has_end(bytes, n))
			err_set(e, ERR_VALUE, "damaged", "The workbook or archive is damaged (%s).",
				zip_error_strerror(&error));
		else
			err_set(e, ERR_VALUE, "truncated", "The workbook or archive is cut short: its end is missing.");
		zip_source_free(source);
		zip_error_fini(&error);
		return false;
	}
	zip_error_fini(&error);
	if (zip_get_num_entries(z, 0) > LIMIT_ZIP_ENTRIES) {
		zip_discard(z);
		return err_set(e, ERR_LIMIT, "too_many_entries", "The archive holds more than %d files.",
			       LIMIT_ZIP_ENTRIES);
	}
	*ret = z;
	return true;
}

bool xlsx_zip_has(zip_t *z, const char *name)
{
	return zip_name_locate(z, name, ZIP_FL_NOCASE) >= 0;
}

static bool too_much(const char *name, struct err *e)
{
	return err_set(e, ERR_LIMIT, "inflate_ratio",
		       "The part %s of the workbook grows too much when unpacked: it is refused as a trap.", name);
}

bool xlsx_stream_open(zip_t *z, const char *name, struct xlsx_stream *ret, struct err *e)
{
	zip_int64_t at = zip_name_locate(z, name, ZIP_FL_NOCASE);
	if (at < 0)
		return err_set(e, ERR_VALUE, "damaged", "The workbook has no part %s.", name);
	return xlsx_stream_open_at(z, (zip_uint64_t)at, name, ret, e);
}

bool xlsx_stream_open_at(zip_t *z, zip_uint64_t entry, const char *name, struct xlsx_stream *ret, struct err *e)
{
	zip_stat_t st;
	if (zip_stat_index(z, entry, 0, &st) != 0)
		return err_set(e, ERR_VALUE, "damaged", "The workbook is damaged (%s).", zip_strerror(z));
	if (st.encryption_method != ZIP_EM_NONE)
		return err_set(e, ERR_VALUE, "encrypted",
			       "%s is protected with a password. Save a copy without the password and load that.",
			       name);
	if (st.size > LIMIT_INFLATED_BYTES ||
	    (st.size > LIMIT_INFLATE_FREE && st.size / LIMIT_INFLATE_RATIO > st.comp_size))
		return too_much(name, e);
	zip_file_t *file = zip_fopen_index(z, entry, 0);
	if (!file)
		return err_set(e, ERR_VALUE, "damaged", "The part %s of the workbook cannot be read (%s).", name,
			       zip_strerror(z));
	*ret = (struct xlsx_stream){ .file = file, .packed = st.comp_size, .size = st.size };
	return true;
}

bool xlsx_stream_read(struct xlsx_stream *s, char *p, size_t n, size_t *ret_got, struct err *e)
{
	zip_int64_t got = zip_fread(s->file, p, n);
	if (got < 0)
		return err_set(e, ERR_VALUE, "damaged", "The workbook is damaged (%s).",
			       zip_error_strerror(zip_file_get_error(s->file)));
	s->inflated += (uint64_t)got;
	if (s->inflated > LIMIT_INFLATE_FREE && s->inflated / LIMIT_INFLATE_RATIO > s->packed)
		return too_much("being read", e);
	if (s->inflated > s->size)
		return err_set(e, ERR_VALUE, "damaged", "The archive is damaged: a part is larger than it says.");
	*ret_got = (size_t)got;
	return true;
}

void xlsx_stream_close(struct xlsx_stream *s)
{
	if (s->file)
		zip_fclose(s->file);
	s->file = NULL;
}
