#include "ingest/xlsx.h"

#include "base/limits.h"

static void refuse_doctype(void *user, const XML_Char *name, const XML_Char *system, const XML_Char *public, int subset)
{
	struct xlsx_xml *x = *(struct xlsx_xml **)user;
	err_set(x->e, ERR_VALUE, "doctype", "The workbook has a document type declaration, which no workbook needs.");
	xlsx_xml_fail(x);
}

/* user points to a struct whose first member is a struct xlsx_xml *. */
bool xlsx_xml_begin(struct xlsx_xml *x, void *user, struct err *e)
{
	*x = (struct xlsx_xml){ .parser = XML_ParserCreate(NULL), .e = e };
	if (!x->parser)
		return err_set(e, ERR_INTERNAL, NULL, "no XML parser");
	*(struct xlsx_xml **)user = x;
	XML_SetUserData(x->parser, user);
	XML_SetStartDoctypeDeclHandler(x->parser, refuse_doctype);
	return true;
}

void xlsx_xml_end(struct xlsx_xml *x)
{
	if (x->parser)
		XML_ParserFree(x->parser);
	x->parser = NULL;
}

bool xlsx_xml_enter(struct xlsx_xml *x)
{
	if (++x->depth <= LIMIT_XML_DEPTH)
		return true;
	err_set(x->e, ERR_LIMIT, "xml_depth", "The workbook's XML is nested more than %d deep.", LIMIT_XML_DEPTH);
	xlsx_xml_fail(x);
	return false;
}

void xlsx_xml_leave(struct xlsx_xml *x)
{
	x->depth--;
}

void xlsx_xml_fail(struct xlsx_xml *x)
{
	XML_StopParser(x->parser, XML_FALSE);
}

bool xlsx_xml_error(struct xlsx_xml *x, const char *part, struct err *e)
{
	enum XML_Error code = XML_GetErrorCode(x->parser);
	if (code == XML_ERROR_ABORTED && e->kind != ERR_NONE)
		return false;
	return err_set(e, ERR_VALUE, "damaged", "The part %s of the workbook is damaged: line %lu, %s.", part,
		       (unsigned long)XML_GetCurrentLineNumber(x->parser), XML_ErrorString(code));
}

bool xlsx_xml_run(struct xlsx_xml *x, zip_t *z, const char *part, struct err *e)
{
	struct xlsx_stream s = { 0 };
	char bytes[16 * KIB];
	size_t got = 1;
	bool ok = xlsx_stream_open(z, part, &s, e);
	e->kind = ok ? ERR_NONE : e->kind;
	while (ok && got) {
		ok = xlsx_stream_read(&s, bytes, sizeof bytes, &got, e);
		if (ok && XML_Parse(x->parser, bytes, (int)got, got == 0) != XML_STATUS_OK)
			ok = xlsx_xml_error(x, part, e);
	}
	xlsx_stream_close(&s);
	return ok;
}

const char *xlsx_local(const char *name)
{
	const char *colon = strrchr(name, ':');
	return colon ? colon + 1 : name;
}

const char *xlsx_attribute(const char **attributes, const char *local)
{
	for (; *attributes; attributes += 2) {
		if (strcmp(xlsx_local(attributes[0]), local) == 0)
			return attributes[1];
	}
	return NULL;
}
