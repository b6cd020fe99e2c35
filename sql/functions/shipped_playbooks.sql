-- The playbooks that come with the extension, paused until somebody activates them. Days, channels and the Spanish
-- openings of reactivation and expansion are the specification's.

create function cs_health._prose(wrapped text) returns text
language sql immutable strict parallel safe
set search_path = pg_catalog, pg_temp as $$
    select regexp_replace(btrim(regexp_replace(wrapped, E'\n +', E'\n', 'g'), E' \n'), E'(?<!\n)\n(?!\n)', ' ', 'g')
$$;
comment on function cs_health._prose(text) is
    'A text that is wrapped and indented in its source: single line breaks become blanks, empty lines stay';

create function cs_health._both(en text, es text) returns jsonb
language sql immutable strict parallel safe
set search_path = pg_catalog, pg_temp as $$
    select jsonb_build_object('en', cs_health._prose(en), 'es', cs_health._prose(es))
$$;
comment on function cs_health._both(text, text) is 'A text of a step in both languages';

create function cs_health._reactivation_playbook() returns jsonb
language sql immutable parallel safe
set search_path = pg_catalog, pg_temp as $sql$
    select jsonb_build_object(
        'code', 'reactivation', 'name', 'Reactivation', 'trigger_type', 'health_drop', 'priority', 'high',
        'trigger_conditions', '{"fact": "overall_score", "op": "<", "value": 60, "for_days": 1}'::jsonb,
        'exit_conditions', '{"fact": "overall_score", "op": ">=", "value": 65, "for_days": 3}'::jsonb,
        'params', '{"discount_percent": null, "free_days": null}'::jsonb,
        'steps', jsonb_build_array(
            jsonb_build_object('day', 0, 'action', 'internal_alert', 'channel', 'slack', 'fallback', 'email',
                'to', 'csm', 'subject', cs_health._both(
                '{{tenant.name}}: health at {{health.overall_score}}',
                '{{tenant.name}}: salud en {{health.overall_score}}'),
            'template', cs_health._both($$
                Health of {{tenant.name}}: {{health.overall_score}} of 100, {{health.category}}, trend
                {{health.trend}}. Annual revenue: {{tenant.arr}}.

                What costs it most: {{health.reasons}}.

                What to do today: go over what you know of the account, such as holidays, a project that ended or an
                open incident. Tomorrow a check-in mail goes to its champion; if it would be out of place, cancel this
                playbook before.

                {{link.tenant}}
                $$, $$
                Salud de {{tenant.name}}: {{health.overall_score}} de 100, categoría {{health.category}}, tendencia
                {{health.trend}}. Ingresos anuales: {{tenant.arr}}.

                Lo que más le resta: {{health.reasons}}.

                Qué hacer hoy: repasar lo que se sabe de la cuenta, como vacaciones, un proyecto que terminó o una
                incidencia abierta. Mañana sale un correo de seguimiento a su contacto; si no procede, cancelar antes
                este playbook.

                {{link.tenant}}
                $$)),
            jsonb_build_object('day', 1, 'action', 'check_in_email', 'channel', 'email', 'to', 'champion',
                'subject', cs_health._both('Can we help with anything?', '¿Podemos ayudarle en algo?'),
                'template', cs_health._both($$
                We have noticed less activity in the account of {{tenant.name}} over the last few weeks,
                {{contact.first_name}}, and I would like to know how you are getting on.

                Sometimes it is just a quiet season; at other times something in the product does not fit what you
                need. If it is the latter, tell me and we will look into it.

                Would you reply with a line or two about what would help you most right now?

                Kind regards,

                {{csm.name}}
                $$, $$
                Hemos notado menor actividad en la cuenta de {{tenant.name}} durante las últimas semanas,
                {{contact.first_name}}, y me gustaría saber cómo les va.

                A veces es solo una época tranquila; otras veces hay algo del producto que no encaja con lo que
                necesitan. Si es lo segundo, dígamelo y lo revisamos.

                ¿Podría responderme en un par de líneas qué les ayudaría más en este momento?

                Un cordial saludo,

                {{csm.name}}
                $$)),
            jsonb_build_object('day', 3, 'action', 'schedule_call', 'channel', 'email', 'to', 'champion',
                'subject', cs_health._both('Half an hour for your questions', 'Media hora para sus dudas'),
                'template', cs_health._both($$
                Hello {{contact.first_name}},

                I would like to offer you a support session, one to one: half an hour for whatever is holding
                {{tenant.name}} back. Bring your questions, and we will go through them on your own account.

                Please pick the time that suits you: {{csm.booking_url}}

                Kind regards,

                {{csm.name}}
                $$, $$
                Hola, {{contact.first_name}}:

                Quisiera ofrecerle una sesión de soporte individual: media hora para lo que esté frenando a
                {{tenant.name}}, con sus dudas y sobre su propia cuenta.

                Elija, por favor, la hora que mejor le venga: {{csm.booking_url}}

                Un cordial saludo,

                {{csm.name}}
                $$)),
            jsonb_build_object('day', 7, 'action', 'offer_training', 'channel', 'email', 'to', 'champion',
                'subject', cs_health._both('Training for your team', 'Formación para su equipo'),
                'template', cs_health._both($$
                Hello {{contact.first_name}},

                An hour of training often saves a team many. There are two ways: our next webinar, together with other
                customers, or a personal session with {{tenant.name}} on your daily work.

                Reply with "webinar" or "personal", and I will arrange the rest.

                Kind regards,

                {{csm.name}}
                $$, $$
                Hola, {{contact.first_name}}:

                Una hora de formación suele ahorrarle muchas a un equipo. Hay dos opciones: nuestro próximo webinar,
                junto a otros clientes, o una sesión personal con {{tenant.name}} sobre su trabajo diario.

                Responda «webinar» o «personal» y yo me ocupo del resto.

                Un cordial saludo,

                {{csm.name}}
                $$)),
            jsonb_build_object('day', 14, 'action', 'escalation', 'channel', 'internal', 'to', 'manager',
                'due_days', 1, 'if', '{"fact": "replied_since_start", "op": "=", "value": false}'::jsonb,
                'subject', cs_health._both('{{tenant.name}} does not answer: decide who calls',
                '{{tenant.name}} no responde: decidir quién llama'),
                'template', cs_health._both($$
                No answer from {{tenant.name}} in two weeks. Health: {{health.overall_score}}
                ({{health.category}}). Annual revenue: {{tenant.arr}}.

                What costs it most: {{health.reasons}}.

                What to do: agree with the CSM who calls the customer's management, with which proposal and when.

                {{link.tenant}}
                $$, $$
                Sin respuesta de {{tenant.name}} en dos semanas. Salud: {{health.overall_score}}
                (categoría {{health.category}}). Ingresos anuales: {{tenant.arr}}.

                Lo que más le resta: {{health.reasons}}.

                Qué hacer: acordar con el CSM quién llama a la dirección del cliente, con qué propuesta y cuándo.

                {{link.tenant}}
                $$)),
            jsonb_build_object('day', 21, 'action', 'special_offer', 'channel', 'call', 'to', 'csm', 'due_days', 2,
                'subject', cs_health._both('Call {{tenant.name}} with a special offer',
                'Llamar a {{tenant.name}} con una oferta especial'),
                'template', cs_health._both($$
                Health of {{tenant.name}} after three weeks: {{health.overall_score}} ({{health.category}}). What
                costs it most: {{health.reasons}}.

                What to offer: {{params.discount_percent}} % off, or {{params.free_days}} more days free of charge,
                whichever helps more. Ask first what has to change; an offer alone solves nothing.

                Afterwards: note the outcome here and, if they accept, set the date of the next review.

                {{link.tenant}}
                $$, $$
                Salud de {{tenant.name}} tras tres semanas: {{health.overall_score}} (categoría
                {{health.category}}). Lo que más le resta: {{health.reasons}}.

                Qué ofrecer: un {{params.discount_percent}} % de descuento o {{params.free_days}} días más sin coste,
                lo que más les ayude. Preguntar antes qué tiene que cambiar; una oferta por sí sola no resuelve nada.

                Después: anotar aquí el resultado y, si aceptan, fijar la fecha de la próxima revisión.

                {{link.tenant}}
                $$))))
$sql$;
comment on function cs_health._reactivation_playbook() is 'The specification''s playbook for health below 60';

create function cs_health._expansion_playbook() returns jsonb
language sql immutable parallel safe
set search_path = pg_catalog, pg_temp as $sql$
    select jsonb_build_object(
        'code', 'expansion', 'name', 'Expansion', 'trigger_type', 'expansion', 'priority', 'medium',
        'trigger_conditions', '{"fact": "open_signals", "op": "contains", "value": "usage_limit"}'::jsonb,
        'exit_conditions', '{"any": [{"fact": "usage_ratio", "op": "<=", "value": 0.8, "for_days": 3},
            {"fact": "open_signals", "op": "not_contains", "value": "usage_limit"}]}'::jsonb,
        'params', '{"discount_percent": null, "upgrade_url": null}'::jsonb,
        'steps', jsonb_build_array(
            jsonb_build_object('day', 0, 'action', 'detect_signal', 'channel', 'automatic', 'signal', 'usage_limit'),
            jsonb_build_object('day', 1, 'action', 'informative_email', 'channel', 'email', 'to', 'champion',
                'subject', cs_health._both('You are close to the limit of your plan',
                'Tu plan se está quedando pequeño'),
                'template', cs_health._both($$
                You are making the most of your plan, {{contact.first_name}}: {{tenant.name}} already uses
                {{measure.usage_ratio}} of what it includes.

                I am telling you in good time, so that nothing has to stop when you reach the limit.

                Would you like to see your options? Reply to this mail, and I will send you a comparison based on what
                you really use.

                Kind regards,

                {{csm.name}}
                $$, $$
                Estás aprovechando al máximo tu plan, {{contact.first_name}}: {{tenant.name}} ya usa el
                {{measure.usage_ratio}} de lo que incluye.

                Te lo cuento con tiempo, para que nada tenga que pararse al llegar al límite.

                ¿Quieres ver qué opciones hay? Responde a este correo y te envío una comparación basada en tu uso real.

                Un saludo,

                {{csm.name}}
                $$)),
            jsonb_build_object('day', 3, 'action', 'show_upgrade', 'channel', 'in_app',
                'link', '{{params.upgrade_url}}', 'subject', cs_health._both('More room with {{next_plan.name}}',
                'Más espacio con {{next_plan.name}}'),
                'template', cs_health._both($$
                You use {{measure.usage_ratio}} of your plan. With {{next_plan.name}} you get: {{next_plan.benefits}}.
                $$, $$
                Usas el {{measure.usage_ratio}} de tu plan. Con {{next_plan.name}} tendrás: {{next_plan.benefits}}.
                $$)),
            jsonb_build_object('day', 7, 'action', 'csm_call', 'channel', 'call', 'to', 'csm', 'due_days', 2,
                'subject', cs_health._both('Call {{tenant.name}}: growth and options',
                'Llamar a {{tenant.name}}: crecimiento y opciones'),
                'template', cs_health._both($$
                {{tenant.name}} uses {{measure.usage_ratio}} of its limit. Annual revenue: {{tenant.arr}}. Health:
                {{health.overall_score}} ({{health.category}}).

                What to do: ask what they plan for the next twelve months, compare it with the next plan, and propose
                the option that fits, which may be to stay.

                Afterwards: note the outcome here and set the status of the signal.

                {{link.tenant}}
                $$, $$
                {{tenant.name}} usa el {{measure.usage_ratio}} de su límite. Ingresos anuales: {{tenant.arr}}. Salud:
                {{health.overall_score}} (categoría {{health.category}}).

                Qué hacer: preguntar qué planes tienen para los próximos doce meses, compararlos con el plan siguiente
                y proponer la opción que mejor encaje, que puede ser no cambiar.

                Después: anotar aquí el resultado y actualizar el estado de la señal.

                {{link.tenant}}
                $$)),
            jsonb_build_object('day', 14, 'action', 'limited_offer', 'channel', 'email', 'to', 'champion',
                'subject', cs_health._both('{{params.discount_percent}} % off {{next_plan.name}}, for 7 days',
                'Un {{params.discount_percent}} % de descuento en {{next_plan.name}}, durante 7 días'),
                'template', cs_health._both($$
                Hello {{contact.first_name}},

                If {{tenant.name}} is going to keep growing, this may be a good moment: for the next 7 days you can
                have {{next_plan.name}} with a discount of {{params.discount_percent}} %. It brings you:
                {{next_plan.benefits}}.

                To take it, reply "yes" within those 7 days, and I will see to everything else.

                Kind regards,

                {{csm.name}}
                $$, $$
                Hola, {{contact.first_name}}:

                Si {{tenant.name}} va a seguir creciendo, puede ser buen momento: durante los próximos 7 días puedes
                contratar {{next_plan.name}} con un {{params.discount_percent}} % de descuento. Incluye:
                {{next_plan.benefits}}.

                Para aprovecharlo, responde «sí» dentro de esos 7 días y yo me ocupo de lo demás.

                Un saludo,

                {{csm.name}}
                $$))))
$sql$;
comment on function cs_health._expansion_playbook() is 'The specification''s playbook for use above 80 % of a limit';

create function cs_health._onboarding_playbook() returns jsonb
language sql immutable parallel safe
set search_path = pg_catalog, pg_temp as $sql$
    select jsonb_build_object(
        'code', 'onboarding', 'name', 'Onboarding', 'trigger_type', 'onboarding', 'priority', 'medium',
        'trigger_conditions', '{"fact": "stage", "op": "=", "value": "onboarding"}'::jsonb,
        'exit_conditions', '{"fact": "stage", "op": "in", "value": ["activated", "adopted", "renewing"]}'::jsonb,
        'include_onboarding', true, 'min_coverage', 0, 'cooldown_days', 3650, 'params', '{}'::jsonb,
        'steps', jsonb_build_array(
            jsonb_build_object('day', 0, 'action', 'prepare_welcome', 'channel', 'internal', 'to', 'csm',
                'due_days', 1, 'subject', cs_health._both('Prepare the start of {{tenant.name}}',
                'Preparar el arranque de {{tenant.name}}'),
                'template', cs_health._both($$
                {{tenant.name}} is new. Annual revenue: {{tenant.arr}}.

                What to do: read what was promised in the sale, write down the first result that the customer wants to
                see, and complete its contacts with their roles. The welcome mail goes out tomorrow.

                {{link.tenant}}
                $$, $$
                {{tenant.name}} acaba de empezar. Ingresos anuales: {{tenant.arr}}.

                Qué hacer: leer lo que se prometió en la venta, anotar el primer resultado que el cliente quiere ver y
                completar sus contactos con sus funciones. El correo de bienvenida sale mañana.

                {{link.tenant}}
                $$)),
            jsonb_build_object('day', 1, 'action', 'welcome_email', 'channel', 'email', 'to', 'champion',
                'subject', cs_health._both('Your first steps', 'Sus primeros pasos'),
                'template', cs_health._both($$
                Hello {{contact.first_name}},

                Thank you for your trust. I am {{csm.name}}, and I will be at your side while {{tenant.name}} gets
                started.

                For a good start half an hour is enough: you tell me what you want to achieve first, and we agree on
                the steps that lead there.

                Please pick the time that suits you: {{csm.booking_url}}

                Kind regards,

                {{csm.name}}
                $$, $$
                Hola, {{contact.first_name}}:

                Gracias por su confianza. Soy {{csm.name}} y le acompañaré mientras {{tenant.name}} se pone en marcha.

                Para empezar bien basta media hora: usted me cuenta qué quiere conseguir primero y acordamos los pasos
                para llegar.

                Elija, por favor, la hora que mejor le venga: {{csm.booking_url}}

                Un cordial saludo,

                {{csm.name}}
                $$)),
            jsonb_build_object('day', 3, 'action', 'kickoff_call', 'channel', 'call', 'to', 'csm', 'due_days', 3,
                'subject', cs_health._both('Kick-off call with {{tenant.name}}',
                'Llamada de arranque con {{tenant.name}}'),
                'template', cs_health._both($$
                What to settle with {{tenant.name}}: the first result they want, by when, who works on it on both
                sides, and who else has to be trained.

                Afterwards: note the date here. Once they have reached it, record a touchpoint of kind milestone with
                the detail first_value: that ends the onboarding.

                {{link.tenant}}
                $$, $$
                Qué acordar con {{tenant.name}}: el primer resultado que buscan, para cuándo, quién se ocupa en cada
                lado y a quién más hay que formar.

                Después: anotar aquí la fecha. Cuando lo consigan, registrar un contacto de tipo milestone con el
                detalle first_value: con eso termina la incorporación.

                {{link.tenant}}
                $$)),
            jsonb_build_object('day', 7, 'action', 'first_steps_email', 'channel', 'email', 'to', 'champion',
                'if', '{"fact": "active_days", "op": "<", "value": 3}'::jsonb,
                'subject', cs_health._both('What is missing to get started?', '¿Qué les falta para empezar?'),
                'template', cs_health._both($$
                Hello {{contact.first_name}},

                A week has passed, and I see little activity at {{tenant.name}} so far. Usually the cause is small: an
                access that is missing, data that will not load, or not knowing where to begin.

                Reply with what is in the way, and I will look into it with the team.

                Kind regards,

                {{csm.name}}
                $$, $$
                Hola, {{contact.first_name}}:

                Ha pasado una semana y en {{tenant.name}} veo todavía poca actividad. Suele deberse a algo
                pequeño: un acceso que falta, unos datos que no se cargan o no saber por dónde empezar.

                Respóndame con lo que les frena y lo reviso con el equipo.

                Un cordial saludo,

                {{csm.name}}
                $$)),
            jsonb_build_object('day', 14, 'action', 'show_features', 'channel', 'in_app',
                'link', '{{csm.booking_url}}', 'if', '{"fact": "adoption", "op": "<", "value": 0.5}'::jsonb,
                'subject', cs_health._both('There is more in your plan', 'Su plan incluye más'),
                'template', cs_health._both($$
                Your team uses {{measure.features_used}} of the {{measure.features_available}} features of your plan.
                Book half an hour, and we will show you those that fit your work.
                $$, $$
                Su equipo usa {{measure.features_used}} de las {{measure.features_available}} funciones de su plan.
                Reserve media hora y le enseñamos las que encajan con su trabajo.
                $$)),
            jsonb_build_object('day', 30, 'action', 'first_review', 'channel', 'call', 'to', 'csm', 'due_days', 3,
                'subject', cs_health._both('Review the first month with {{tenant.name}}',
                'Repasar el primer mes con {{tenant.name}}'),
                'template', cs_health._both($$
                {{tenant.name}} has been with us for a month and has no first result on record. Health:
                {{health.overall_score}} ({{health.category}}). What costs it most: {{health.reasons}}.

                What to do: go through the date agreed at the kick-off, name what is in the way and who removes it by
                when, and note it here. If they have reached it, record the milestone first_value.

                {{link.tenant}}
                $$, $$
                {{tenant.name}} lleva un mes con nosotros y no consta un primer resultado. Salud:
                {{health.overall_score}} (categoría {{health.category}}). Lo que más le resta:
                {{health.reasons}}.

                Qué hacer: repasar la fecha acordada en el arranque, concretar qué lo frena y quién lo resuelve y para
                cuándo, y anotarlo aquí. Si ya lo han conseguido, registrar el hito first_value.

                {{link.tenant}}
                $$)),
            jsonb_build_object('day', 60, 'action', 'escalation', 'channel', 'internal', 'to', 'manager',
                'due_days', 2, 'subject', cs_health._both('{{tenant.name}}: no first result after 60 days',
                '{{tenant.name}}: sin un primer resultado tras 60 días'),
                'template', cs_health._both($$
                {{tenant.name}} is in its third month without a first result. Health: {{health.overall_score}}
                ({{health.category}}). Annual revenue: {{tenant.arr}}. What costs it most: {{health.reasons}}.

                What to do: decide with the CSM whether the goal, the people or the plan has to change, and who tells
                the customer.

                {{link.tenant}}
                $$, $$
                {{tenant.name}} está en su tercer mes sin un primer resultado. Salud: {{health.overall_score}}
                (categoría {{health.category}}). Ingresos anuales: {{tenant.arr}}. Lo que más le resta:
                {{health.reasons}}.

                Qué hacer: decidir con el CSM si hay que cambiar el objetivo, las personas o el plan, y quién se lo
                comunica al cliente.

                {{link.tenant}}
                $$))))
$sql$;
comment on function cs_health._onboarding_playbook() is
    'From signing up to the first value; ends with it or after 90 days';

create function cs_health._churn_risk_playbook() returns jsonb
language sql immutable parallel safe
set search_path = pg_catalog, pg_temp as $sql$
    select jsonb_build_object(
        'code', 'churn_risk', 'name', 'Churn risk', 'trigger_type', 'churn_risk', 'priority', 'urgent',
        'trigger_conditions', '{"fact": "risk_level", "op": "in", "value": ["high", "critical"]}'::jsonb,
        'exit_conditions', '{"fact": "risk_level", "op": "in", "value": ["low", "medium"], "for_days": 7}'::jsonb,
        'params', '{}'::jsonb,
        'steps', jsonb_build_array(
            jsonb_build_object('day', 0, 'action', 'prepare_call', 'channel', 'internal', 'to', 'csm', 'due_days', 1,
                'subject', cs_health._both('{{tenant.name}}: prepare a conversation about staying',
                '{{tenant.name}}: preparar una conversación sobre su continuidad'),
                'template', cs_health._both($$
                Churn risk of {{tenant.name}}: {{churn.probability}}, level {{churn.risk_level}}. Annual revenue:
                {{tenant.arr}}. Health: {{health.overall_score}} ({{health.category}}).

                What raises the risk: {{churn.reasons}}.

                What to do: check each of these with support and with the users you know, note what you already know
                about the renewal, and decide what you can offer. Tomorrow you call.

                {{link.tenant}}
                $$, $$
                Riesgo de baja de {{tenant.name}}: {{churn.probability}}, nivel {{churn.risk_level}}. Ingresos anuales:
                {{tenant.arr}}. Salud: {{health.overall_score}} (categoría {{health.category}}).

                Lo que eleva el riesgo: {{churn.reasons}}.

                Qué hacer: contrastar cada punto con soporte y con los usuarios conocidos, anotar lo que se sabe de la
                renovación y decidir qué se puede ofrecer. La llamada es mañana.

                {{link.tenant}}
                $$)),
            jsonb_build_object('day', 1, 'action', 'discovery_call', 'channel', 'call', 'to', 'csm', 'due_days', 1,
                'subject', cs_health._both('Call {{tenant.name}}: listen first',
                'Llamar a {{tenant.name}}: primero, escuchar'),
                'template', cs_health._both($$
                What raises the risk of {{tenant.name}}: {{churn.reasons}}.

                What to do: call the champion and ask what the product is for today, what has changed, and what would
                make the next year worth it. Mention no probability and no score.

                Afterwards: note here what they said, in their words, and the date of the next conversation.

                {{link.tenant}}
                $$, $$
                Lo que eleva el riesgo de {{tenant.name}}: {{churn.reasons}}.

                Qué hacer: llamar al contacto principal y preguntar para qué usan hoy el producto, qué ha cambiado y
                qué haría que el próximo año valga la pena. No mencionar probabilidades ni puntuaciones.

                Después: anotar aquí lo que han dicho, con sus palabras, y la fecha de la próxima conversación.

                {{link.tenant}}
                $$)),
            jsonb_build_object('day', 3, 'action', 'review_email', 'channel', 'email', 'to', 'champion',
                'if', '{"fact": "replied_since_start", "op": "=", "value": false}'::jsonb,
                'subject', cs_health._both('A review of what you need', 'Una revisión de lo que necesitan'),
                'template', cs_health._both($$
                Hello {{contact.first_name}},

                I would like to review with you whether the product still gives {{tenant.name}} what you took it for.
                If something does not work as you expected, I would rather hear it now and see to it.

                Half an hour is enough. Please pick the time that suits you: {{csm.booking_url}}

                Kind regards,

                {{csm.name}}
                $$, $$
                Hola, {{contact.first_name}}:

                Me gustaría revisar con usted si el producto sigue dando a {{tenant.name}} aquello por lo que lo
                eligieron. Si algo no funciona como esperaban, prefiero saberlo ahora y ocuparme de ello.

                Basta media hora. Elija, por favor, la hora que mejor le venga: {{csm.booking_url}}

                Un cordial saludo,

                {{csm.name}}
                $$)),
            jsonb_build_object('day', 7, 'action', 'success_plan', 'channel', 'internal', 'to', 'csm', 'due_days', 3,
                'subject', cs_health._both('Agree on a plan with {{tenant.name}}',
                'Acordar un plan con {{tenant.name}}'),
                'template', cs_health._both($$
                A week ago the churn risk of {{tenant.name}} rose. Today: {{churn.probability}}, level
                {{churn.risk_level}}. What raises it: {{churn.reasons}}.

                What to do: write a plan of at most three points, each with an owner, a date and a figure that shows
                whether it worked, and send it to the customer for approval. Note here when they have agreed.

                {{link.tenant}}
                $$, $$
                El riesgo de baja de {{tenant.name}} subió hace una semana. Hoy: {{churn.probability}}, nivel
                {{churn.risk_level}}. Lo que lo eleva: {{churn.reasons}}.

                Qué hacer: redactar un plan de tres puntos como máximo, cada uno con responsable, fecha y una cifra que
                muestre si ha funcionado, y enviarlo al cliente para su aprobación. Anotar aquí cuándo lo aceptan.

                {{link.tenant}}
                $$)),
            jsonb_build_object('day', 10, 'action', 'sponsor_email', 'channel', 'email', 'to', 'executive_sponsor',
                'approve', true, 'if', '{"fact": "replied_since_start", "op": "=", "value": false}'::jsonb,
                'subject', cs_health._both('How we can serve {{tenant.name}} better',
                'Cómo podemos atender mejor a {{tenant.name}}'),
                'template', cs_health._both($$
                Hello {{contact.first_name}},

                I look after {{tenant.name}} and have not been able to reach your team these days. I would like to make
                sure that the product serves your goals this year and, if it does not, to put it right.

                Could you reply with the name of the person I should speak to?

                Kind regards,

                {{csm.name}}
                $$, $$
                Hola, {{contact.first_name}}:

                Soy responsable de la cuenta de {{tenant.name}} y estos días no he logrado hablar con su equipo. Me
                gustaría comprobar que el producto sirve a sus objetivos de este año y, si no es así, corregirlo.

                ¿Podría responderme con el nombre de la persona con quien debo hablar?

                Un cordial saludo,

                {{csm.name}}
                $$)),
            jsonb_build_object('day', 14, 'action', 'escalation', 'channel', 'internal', 'to', 'manager',
                'due_days', 1, 'if', '{"fact": "risk_level", "op": "in", "value": ["high", "critical"]}'::jsonb,
                'subject', cs_health._both('{{tenant.name}}: risk still {{churn.risk_level}} after two weeks',
                '{{tenant.name}}: el riesgo sigue siendo {{churn.risk_level}} tras dos semanas'),
                'template', cs_health._both($$
                Churn risk of {{tenant.name}}, two weeks after it rose: {{churn.probability}}, level
                {{churn.risk_level}}. Annual revenue: {{tenant.arr}}. What raises it: {{churn.reasons}}.

                What to do: go through the plan with the CSM, decide what else we put in (people, terms, a fix), and
                who speaks to the customer's management this week.

                {{link.tenant}}
                $$, $$
                Riesgo de baja de {{tenant.name}}, dos semanas después de subir: {{churn.probability}}, nivel
                {{churn.risk_level}}. Ingresos anuales: {{tenant.arr}}. Lo que lo eleva: {{churn.reasons}}.

                Qué hacer: repasar el plan con el CSM, decidir qué más aportamos (personas, condiciones, una
                corrección) y quién habla esta semana con la dirección del cliente.

                {{link.tenant}}
                $$)),
            jsonb_build_object('day', 30, 'action', 'review_call', 'channel', 'call', 'to', 'csm', 'due_days', 3,
                'subject', cs_health._both('Review the plan with {{tenant.name}}',
                'Revisar el plan con {{tenant.name}}'),
                'template', cs_health._both($$
                Churn risk a month after it rose: {{churn.probability}}, level {{churn.risk_level}}. Health:
                {{health.overall_score}} ({{health.category}}). What raises the risk: {{churn.reasons}}.

                What to do: go through the figures of the plan with {{tenant.name}}, close what is done, renew what is
                not, and speak about the renewal openly. Note the outcome here.

                {{link.tenant}}
                $$, $$
                Riesgo de baja un mes después de subir: {{churn.probability}}, nivel {{churn.risk_level}}. Salud:
                {{health.overall_score}} (categoría {{health.category}}). Lo que eleva el riesgo:
                {{churn.reasons}}.

                Qué hacer: repasar con {{tenant.name}} las cifras del plan, cerrar lo hecho, renovar lo pendiente y
                hablar con claridad de la renovación. Anotar aquí el resultado.

                {{link.tenant}}
                $$))))
$sql$;
comment on function cs_health._churn_risk_playbook() is
    'From a high churn risk to a plan that the customer has agreed to; ends after a week below high';

create function cs_health._ship_playbooks() returns void
language sql
set search_path = pg_catalog, pg_temp as $$
    insert into cs_health.cs_playbook (
        code, name, trigger_type, trigger_conditions, exit_conditions, steps, params, priority, include_onboarding,
        min_coverage, cooldown_days, shipped)
    select p.code, p.name, p.trigger_type, p.trigger_conditions, p.exit_conditions, p.steps, p.params, p.priority,
        coalesce(p.include_onboarding, false), coalesce(p.min_coverage, 0.5), coalesce(p.cooldown_days, 90), true
    from (values (cs_health._reactivation_playbook()), (cs_health._expansion_playbook()),
        (cs_health._onboarding_playbook()), (cs_health._churn_risk_playbook())) as d(document)
    cross join jsonb_to_record(d.document) as p(
        code text, name text, trigger_type text, trigger_conditions jsonb, exit_conditions jsonb, steps jsonb,
        params jsonb, priority text, include_onboarding boolean, min_coverage real, cooldown_days integer)
    on conflict (code) do nothing
$$;
comment on function cs_health._ship_playbooks() is
    'Adds the playbooks of the extension whose codes are missing, paused and waiting for approval of each execution';
