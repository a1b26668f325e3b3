/* What the main routes answer, for the OpenAPI document; a test holds real answers to it. */
#include "api/api.h"

/* clang-format off */
const struct json_shape api_shapes[] = {
	{ "Made", "id:id" },
	{ "JobStarted", "job:Made" },
	{ "ImportStarted", "dataset:NamedThing job:Made" },
	{ "NamedThing", "id:id name:text" },
	{ "Failure", "code:text message:text field:text~" },
	{ "Job", "id:id kind:text state:text progress:number message:text error:Failure? object:id~ created_at:time "
		 "started_at:time? ended_at:time? result:any~" },
	{ "User", "id:id email:text role:text org:text org_id:id invited:bool disabled:bool locked:bool created_at:time "
		  "last_seen_at:time?" },
	{ "SessionUser", "id:id email:text role:text org:text org_id:id bank:bool may:[text]" },
	{ "Session", "user:SessionUser" },
	{ "Place", "id:id created_at:time last_seen_at:time expires_at:time current:bool address:text user_agent:text?" },
	{ "Org", "id:id name:text bank:bool people:integer created_at:time closed_at:time?" },
	{ "Token", "id:id name:text created_at:time last_used_at:time? expires_at:time?" },
	{ "AuditEvent", "id:id at:time user:id? email:text action:text object_kind:text object_id:text? address:text detail:any" },
	{ "Backup", "id:id made_at:time bytes:integer" },
	{ "Backups", "items:[Backup] next:text? total:integer most:integer" },
	{ "Column", "name:text header:text? type:text non_null:integer distinct:integer? role:text? confidence:number reason:text? "
		    "by_person:bool sample:[text]" },
	{ "Table", "name:text source:text rows:integer rejects:integer columns:[Column]" },
	{ "Version", "id:id number:integer state:text mode:text rows:integer rejects:integer bytes:integer files:[text] "
		     "created_at:time" },
	{ "Dataset", "id:id name:text state:text created_at:time version:integer~ rows:integer~ rejects:integer~ "
		     "bytes:integer~ loaded_at:time~ tables:[Table]~ versions:[Version]~" },
	{ "Money", "amount:text currency:text?" },
	{ "CustomerRow", "id:text name:text phone:text? email:text? age:integer? spend:Money? purchases:integer "
			 "invoices:integer first_purchase:text? last_purchase:text? edited:bool products:integer "
			 "last_product:text? forecast:number?~ decile:integer?~ probability:number?~" },
	{ "ListForecast", "model:integer? as_of:time made_at:time customers:integer threshold:number~" },
	{ "ListForecasts", "sales:ListForecast? purchase:ListForecast?" },
	{ "Customers", "forecasts:ListForecasts items:[CustomerRow] next:text? total:integer" },
	{ "ForecastPart", "feature:text value:number? typical:number? contribution:number direction:text strength:number" },
	{ "ForecastReason", "model:integer as_of:time made_at:time forecast:number~ probability:number~ average:number "
			    "score:number average_score:number unit:text features:[ForecastPart]" },
	{ "ForecastReasons", "sales:ForecastReason? purchase:ForecastReason?" },
	{ "TakenProduct", "product:text code:text times:integer spend:Money~ first:text? last:text?" },
	{ "Customer", "id:text name:text first_name:text? middle_name:text? last_name:text? birth_date:text? "
		      "birth_place:text? phone:text? email:text? masked:bool registered_at:text? age:integer? spend:Money? "
		      "purchases:integer invoices:integer first_purchase:text? last_purchase:text? edited:bool "
		      "products:[TakenProduct] other:any" },
	{ "Purchase", "product:text? code:text? amount:Money~ quantity:number~ at:text? invoice:text? left_out:text?" },
	{ "Activity", "at:text?~ visits:number?~ newsletter_opened:bool?~ ad_clicks:number?~ seconds_on_site:number?~" },
	{ "Reason", "kind:text had:text~ too:text~ count:integer~ of:integer~ days:integer~ last:text~" },
	{ "Offer", "product:text code:text probability:number? linked:bool repeat:bool why:[text] why_parts:[Reason]" },
	{ "Model", "method:text new_items:text horizon:text version:id trained_at:time customers:integer products:integer hit_rate_at_10:number "
		   "map_at_7:number calibrated:bool" },
	{ "Offers", "customer:text name:text items:[Offer] model:Model" },
	{ "LikelyCustomer", "id:text name:text probability:number repeat:bool purchases:integer why:[text] why_parts:[Reason]" },
	{ "LikelyCustomers", "items:[LikelyCustomer] product:text code:text customers:integer expected:number next:text? "
			     "total:integer" },
	{ "WeekOffer", "product:text code:text clients:integer expected:number again:integer due:integer" },
	{ "WeekOffers", "as_of:text customers:integer looked_at:integer offers_each:integer horizon:text items:[WeekOffer]" },
	{ "Repeat", "customers:integer rate:number several_products:integer" },
	{ "Month", "month:text purchases:integer new_buyers:integer~ revenue:Money~" },
	{ "Year", "year:text purchases:integer new_buyers:integer~ revenue:Money~" },
	{ "AgeBand", "band:text customers:integer share:number buyers:integer spend:Money~" },
	{ "TopProduct", "product:text code:text customers:integer sales:integer revenue:Money~" },
	{ "LeftOut", "no_customer:integer cancelled:integer no_price:integer rows:integer" },
	{ "Statistics", "customers:integer buyers:integer products:integer purchases:integer invoices:integer~ revenue:Money? "
			"products_per_buyer:number repeat:Repeat first_purchase:text? last_purchase:text? by_month:[Month]~ "
			"by_year:[Year]~ age_bands:[AgeBand] top_products:[TopProduct] left_out:LeftOut" },
	{ "SegmentTest", "customers:integer forecast:number actual:number" },
	{ "Segment", "decile:integer~ from:number? to:number? customers:integer expected:number share:number? test:SegmentTest?" },
	{ "Segments", "as_of:time? made_at:time? version:integer? currency:text? customers:integer expected:number "
		      "deciles:[Segment]~ bands:[Segment]~" },
	{ "LastRetraining", "at:time version:integer? code:text? error:text?" },
	{ "Retraining", "on:bool schedule:text zone:text after_version:bool activate:text l2:number next_run:time? running:bool "
			"last:LastRetraining? set_by:text?" },
	{ "Link", "from:text to:text" },
	{ "Target", "id:id name:text kind:text address:text thread:integer management:bool on:bool off_reason:text? "
		    "off_code:text? created_at:time" },
	{ "Report", "id:id name:text figure:text dataset:id? year:integer per:text top:integer language:text parts:[text] "
		    "targets:[id] schedule:text zone:text next_run:time? last_run:time? last_error:text? "
		    "last_error_code:text? created_at:time" },
	{ "DeliveryTarget", "id:id name:text kind:text" },
	{ "Delivery", "id:id report:text cause:text target:DeliveryTarget state:text reason:text? reason_code:text? "
		      "attempts:integer next_at:time? created_at:time ended_at:time?" },
	{ "LinkProposal", "from:text from_name:text to:text to_name:text customers:integer support:number "
			  "confidence:number lift:number" },
	{ "Links", "items:[Link] proposals:[LinkProposal]~" },
};
/* clang-format on */
const size_t api_shapes_n = countof(api_shapes);
