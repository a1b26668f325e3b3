-- Customer cards: one set a data set version, computed at the end of an import; edits by hand and linked products,
-- which belong to the data set and are laid over every version.
-- Keys of cards and products: slot of the set * 2^32 + number. Amounts: ten-thousandths. Times: microseconds UTC.

CREATE TABLE card_set (
  version {id},
  org BIGINT NOT NULL,
  dataset BIGINT NOT NULL,
  slot BIGINT NOT NULL UNIQUE,
  ready BIGINT NOT NULL,
  customers BIGINT NOT NULL,
  products BIGINT NOT NULL,
  has_purchases BIGINT NOT NULL,
  has_amount BIGINT NOT NULL,
  time_kind BIGINT NOT NULL,
  listed BIGINT NOT NULL,
  currency TEXT NOT NULL,
  built_at BIGINT NOT NULL,
  stats TEXT NOT NULL,
  column_names TEXT NOT NULL
);
CREATE INDEX card_set_dataset ON card_set (dataset);

CREATE TABLE customer (
  key {id},
  slot BIGINT NOT NULL,
  id TEXT NOT NULL,
  name TEXT NOT NULL,
  folded TEXT NOT NULL,
  spend BIGINT NOT NULL,
  purchases BIGINT NOT NULL,
  invoices BIGINT NOT NULL,
  first_at BIGINT,
  last_at BIGINT,
  age BIGINT,
  products {blob},
  data TEXT NOT NULL,
  edited BIGINT NOT NULL
);
CREATE UNIQUE INDEX customer_id ON customer (slot, id);

CREATE TABLE product (
  key {id},
  slot BIGINT NOT NULL,
  code TEXT NOT NULL,
  name TEXT NOT NULL,
  customers BIGINT NOT NULL,
  sales BIGINT NOT NULL,
  spend BIGINT NOT NULL
);
CREATE INDEX product_code ON product (slot, code);

CREATE TABLE customer_edit (
  id {id},
  org BIGINT NOT NULL,
  dataset BIGINT NOT NULL REFERENCES dataset (id) ON DELETE CASCADE,
  customer TEXT NOT NULL,
  added BIGINT NOT NULL,
  patch TEXT NOT NULL,
  user_id BIGINT NOT NULL,
  at BIGINT NOT NULL
);
CREATE UNIQUE INDEX customer_edit_customer ON customer_edit (dataset, customer);

CREATE TABLE product_link (
  id {id},
  dataset BIGINT NOT NULL REFERENCES dataset (id) ON DELETE CASCADE,
  position BIGINT NOT NULL,
  from_code TEXT NOT NULL,
  to_code TEXT NOT NULL
);
CREATE UNIQUE INDEX product_link_pair ON product_link (dataset, from_code, to_code);

CREATE TABLE product_link_table (
  dataset {id},
  org BIGINT NOT NULL,
  revision BIGINT NOT NULL,
  user_id BIGINT NOT NULL,
  at BIGINT NOT NULL
);
