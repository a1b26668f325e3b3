#include "draw/chart.h"

#include <cairo.h>
#include <math.h>
#include <stdio.h>

/* Pixels at scale 1; the picture has twice as many, for sharp text on a phone. */
#define WIDTH 800
#define SCALE 2
#define HEIGHT 450
#define HEAD 84
#define EDGE 28
#define ROW 34
#define FONT "DejaVu Sans"

struct colour {
	double r, g, b;
};
#define RGB(hex)                                                                       \
	{                                                                              \
		((hex) >> 16) / 255.0, ((hex) >> 8 & 255) / 255.0, ((hex)&255) / 255.0 \
	}
/* Those of the page in light colours (its tokens: ink, chart-axis, chart-grid, series-1). */
static const struct colour white = RGB(0xffffff), ink = RGB(0x0e1726), axis = RGB(0x566377), grid = RGB(0xe3e8f0),
			   series = RGB(0x3f77ee);

struct pen {
	cairo_t *cr;
	const struct chart *c;
	size_t from, n; /* the points that are drawn */
	double low, high, step;
	double left, top, right, bottom; /* of the plot */
};

static void use(cairo_t *cr, const struct colour *c)
{
	cairo_set_source_rgb(cr, c->r, c->g, c->b);
}

static double text_width(cairo_t *cr, const char *text)
{
	cairo_text_extents_t x;
	cairo_text_extents(cr, text, &x);
	return x.x_advance;
}

/* Cut with an ellipsis to at most `width`; ret has 512 bytes. */
static void fitted(cairo_t *cr, const char *text, double width, char *ret)
{
	snprintf(ret, 500, "%s", text);
	size_t n = strlen(ret);
	while (n && (ret[n - 1] & 0xc0) == 0x80 && n == 499)
		n--; /* cut by the buffer in the middle of a letter */
	ret[n] = 0;
	while (n && text_width(cr, ret) > width) {
		for (n--; n && (ret[n] & 0xc0) == 0x80; n--)
			;
		memcpy(ret + n, "…", 4);
	}
}

/* at: 0 = x is the left end, 0.5 = the middle, 1 = the right end. */
static void put(cairo_t *cr, double x, double y, double at, double width, const char *text)
{
	char part[512];
	fitted(cr, text, width, part);
	cairo_move_to(cr, x - at * text_width(cr, part), y);
	cairo_show_text(cr, part);
}

static void font(cairo_t *cr, double size, bool bold)
{
	cairo_select_font_face(cr, FONT, CAIRO_FONT_SLANT_NORMAL,
			       bold ? CAIRO_FONT_WEIGHT_BOLD : CAIRO_FONT_WEIGHT_NORMAL);
	cairo_set_font_size(cr, size);
}

/* A step of 1, 2 or 5 times a power of ten, so that about four lines cover the range; 0 is always in it. */
static void scale(struct pen *p)
{
	double low = 0, high = 0;
	for (size_t i = 0; i < p->n; i++) {
		double v = p->c->values[p->from + i];
		if (isfinite(v)) {
			low = fmin(low, v);
			high = fmax(high, v);
		}
	}
	if (!(high > low))
		high = low + 1;
	/* cppcheck-suppress invalidFunctionArg ; high is above low here */
	double rough = (high - low) / 4, unit = pow(10, floor(log10(rough)));
	double times = rough / unit;
	p->step = unit * (times <= 1 ? 1 : times <= 2 ? 2 : times <= 5 ? 5 : 10);
	p->low = floor(low / p->step) * p->step;
	p->high = ceil(high / p->step) * p->step;
}

/* 12500 → "12 500" with the thousands sign of the language. */
static void axis_text(const struct chart *c, double v, double step, char *ret, size_t cap)
{
	char plain[64];
	int decimals = step < 1 ? (int)ceil(-log10(step)) : 0;
	snprintf(plain, sizeof plain, "%.*f", MIN(decimals, 9), fabs(v));
	size_t whole = strcspn(plain, "."), n = 0;
	if (v < 0 && n + 1 < cap)
		ret[n++] = '-';
	for (size_t i = 0; plain[i] && n + 2 < cap; i++) {
		if (i && i < whole && (whole - i) % 3 == 0)
			ret[n++] = c->thousands;
		ret[n++] = plain[i] == '.' ? c->decimal : plain[i];
	}
	ret[n] = 0;
}

static double along(double v, double low, double high, double from, double to)
{
	return from + (v - low) / (high - low) * (to - from);
}

static void rounded(cairo_t *cr, double x, double y, double w, double h)
{
	double r = fmin(4, fmin(w, h) / 2);
	cairo_new_sub_path(cr);
	cairo_arc(cr, x + w - r, y + r, r, -M_PI / 2, 0);
	cairo_arc(cr, x + w - r, y + h - r, r, 0, M_PI / 2);
	cairo_arc(cr, x + r, y + h - r, r, M_PI / 2, M_PI);
	cairo_arc(cr, x + r, y + r, r, M_PI, 3 * M_PI / 2);
	cairo_close_path(cr);
	cairo_fill(cr);
}

static void head(struct pen *p)
{
	use(p->cr, &ink);
	font(p->cr, 20, true);
	put(p->cr, EDGE, 38, 0, WIDTH - 2 * EDGE, p->c->title);
	use(p->cr, &axis);
	font(p->cr, 13, false);
	put(p->cr, EDGE, 60, 0, WIDTH - 2 * EDGE, p->c->note);
}

static int lines(const struct pen *p)
{
	return (int)lround((p->high - p->low) / p->step);
}

/* Horizontal lines with their numbers on the left. */
static void grid_of_values(struct pen *p)
{
	char text[64];
	double widest = 0;
	font(p->cr, 12, false);
	for (int i = 0; i <= lines(p); i++) {
		axis_text(p->c, p->low + i * p->step, p->step, text, sizeof text);
		widest = fmax(widest, text_width(p->cr, text));
	}
	p->left = EDGE + widest + 10;
	for (int i = 0; i <= lines(p); i++) {
		double v = p->low + i * p->step, y = along(v, p->low, p->high, p->bottom, p->top);
		use(p->cr, &grid);
		cairo_set_line_width(p->cr, 1);
		cairo_move_to(p->cr, p->left, y);
		cairo_line_to(p->cr, p->right, y);
		cairo_stroke(p->cr);
		use(p->cr, &axis);
		axis_text(p->c, v, p->step, text, sizeof text);
		put(p->cr, p->left - 10, y + 4, 1, WIDTH, text);
	}
}

/* Every label there is room for. */
static void labels_below(struct pen *p, double slot)
{
	double widest = 0;
	font(p->cr, 12, false);
	use(p->cr, &axis);
	for (size_t i = 0; i < p->n; i++)
		widest = fmax(widest, text_width(p->cr, p->c->labels[p->from + i]));
	widest = fmin(widest, 110);
	size_t every = (size_t)fmax(1, ceil((widest + 10) / slot));
	for (size_t i = 0; i < p->n; i += every)
		put(p->cr, p->left + slot * ((double)i + 0.5), p->bottom + 20, 0.5, slot * (double)every,
		    p->c->labels[p->from + i]);
}

static void draw_bars(struct pen *p)
{
	grid_of_values(p);
	double slot = (p->right - p->left) / (double)p->n, wide = fmin(slot * 0.62, 84);
	double zero = along(0, p->low, p->high, p->bottom, p->top);
	for (size_t i = 0; i < p->n; i++) {
		double v = p->c->values[p->from + i], x = p->left + slot * ((double)i + 0.5);
		if (!isfinite(v))
			continue;
		double y = along(v, p->low, p->high, p->bottom, p->top);
		use(p->cr, &series);
		rounded(p->cr, x - wide / 2, fmin(y, zero), wide, fmax(fabs(y - zero), 1));
		use(p->cr, &ink);
		font(p->cr, 12, true);
		if (slot > 46)
			put(p->cr, x, fmin(y, zero) - 7, 0.5, slot - 4, p->c->shown[p->from + i]);
	}
	labels_below(p, slot);
}

static void draw_rows(struct pen *p)
{
	double widest = 0, shown = 0;
	font(p->cr, 13, false);
	for (size_t i = 0; i < p->n; i++) {
		widest = fmax(widest, text_width(p->cr, p->c->labels[p->from + i]));
		shown = fmax(shown, text_width(p->cr, p->c->shown[p->from + i]));
	}
	p->left = EDGE + fmin(widest, 280) + 12;
	p->right -= fmin(shown * 1.15, 200) + 10;
	double zero = along(0, p->low, p->high, p->left, p->right);
	for (size_t i = 0; i < p->n; i++) {
		double v = p->c->values[p->from + i], y = p->top + ROW * (double)i;
		use(p->cr, &ink);
		font(p->cr, 13, false);
		put(p->cr, p->left - 12, y + ROW / 2.0 + 5, 1, 280, p->c->labels[p->from + i]);
		if (!isfinite(v))
			continue;
		double x = along(v, p->low, p->high, p->left, p->right);
		use(p->cr, &series);
		rounded(p->cr, fmin(x, zero), y + 6, fmax(fabs(x - zero), 1), ROW - 12);
		use(p->cr, &ink);
		font(p->cr, 13, true);
		put(p->cr, fmax(x, zero) + 8, y + ROW / 2.0 + 5, 0, 200, p->c->shown[p->from + i]);
	}
}

static void draw_line(struct pen *p)
{
	grid_of_values(p);
	double slot = (p->right - p->left) / (double)p->n;
	bool down = false;
	use(p->cr, &series);
	cairo_set_line_width(p->cr, 2.5);
	cairo_set_line_join(p->cr, CAIRO_LINE_JOIN_ROUND);
	cairo_set_line_cap(p->cr, CAIRO_LINE_CAP_ROUND);
	for (size_t i = 0; i < p->n; i++) {
		double v = p->c->values[p->from + i], x = p->left + slot * ((double)i + 0.5);
		if (isfinite(v) && down)
			cairo_line_to(p->cr, x, along(v, p->low, p->high, p->bottom, p->top));
		else if (isfinite(v))
			cairo_move_to(p->cr, x, along(v, p->low, p->high, p->bottom, p->top));
		down = isfinite(v);
	}
	cairo_stroke(p->cr);
	for (size_t i = 0; i < p->n && p->n <= 36; i++) {
		double v = p->c->values[p->from + i];
		if (!isfinite(v))
			continue;
		cairo_arc(p->cr, p->left + slot * ((double)i + 0.5), along(v, p->low, p->high, p->bottom, p->top), 3.5,
			  0, 2 * M_PI);
		cairo_fill(p->cr);
	}
	labels_below(p, slot);
}

static cairo_status_t take(void *ctx, const unsigned char *p, unsigned n)
{
	struct buf *b = ctx;
	buf_add(b, p, n);
	return b->failed ? CAIRO_STATUS_WRITE_ERROR : CAIRO_STATUS_SUCCESS;
}

bool chart_png(const struct chart *c, struct buf *ret, struct err *e)
{
	struct pen p = { .c = c };
	bool lying = c->kind == CHART_ROWS;
	p.n = MIN(c->n, (size_t)CHART_POINTS_MOST);
	if (lying)
		p.n = MIN(p.n, (size_t)50);
	/* Of a series the newest points, of a ranking the first. */
	p.from = lying ? 0 : c->n - p.n;
	int height = lying ? HEAD + ROW * (int)MAX(p.n, (size_t)1) + EDGE : HEIGHT;
	cairo_surface_t *surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, WIDTH * SCALE, height * SCALE);
	p.cr = cairo_create(surface);
	cairo_scale(p.cr, SCALE, SCALE);
	use(p.cr, &white);
	cairo_paint(p.cr);
	p.top = HEAD;
	p.right = WIDTH - EDGE;
	p.left = EDGE;
	p.bottom = height - 44;
	head(&p);
	if (p.n) {
		scale(&p);
		switch (c->kind) {
		case CHART_BAR:
			draw_bars(&p);
			break;
		case CHART_ROWS:
			draw_rows(&p);
			break;
		case CHART_LINE:
			draw_line(&p);
			break;
		}
	}
	cairo_status_t status = cairo_status(p.cr);
	cairo_destroy(p.cr);
	if (status == CAIRO_STATUS_SUCCESS)
		status = cairo_surface_write_to_png_stream(surface, take, ret);
	cairo_surface_destroy(surface);
	if (ret->failed)
		return err_set(e, ERR_LIMIT, NULL, "the picture is too large");
	return status == CAIRO_STATUS_SUCCESS ||
	       err_set(e, ERR_INTERNAL, NULL, "the chart could not be drawn: %s", cairo_status_to_string(status));
}
