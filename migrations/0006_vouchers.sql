-- Customers who get a voucher. Amounts: ten-thousandths; times: microseconds UTC.
-- number: the id as a number, where it is one, else the largest there is; the order of the list is (number, user_id).

-- The list itself, where no MongoDB is set.
CREATE TABLE voucher (
  org BIGINT NOT NULL,
  number BIGINT NOT NULL,
  user_id TEXT NOT NULL,
  total BIGINT NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (org, number, user_id)
);

-- What was decided and is not yet in MongoDB. Nobody is shown the list until it is.
CREATE TABLE voucher_outbox (
  org BIGINT NOT NULL,
  number BIGINT NOT NULL,
  user_id TEXT NOT NULL,
  total BIGINT NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (org, number, user_id)
);
