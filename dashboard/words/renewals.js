export default {
    en: {
        'renewals.within': 'Due within', 'renewals.days': '{0} days', 'renewals.none': 'No contract ends in this time.',
        'renewals.forecast': 'Forecast', 'renewals.total': 'Up for renewal', 'renewals.contracts': '{0} contract|{0} contracts',
        'renewals.unknown': '{0} without a known ARR', 'renewals.at_risk': 'ARR at risk', 'renewals.reason': 'Why',
        'renewals.order': 'Sorted by what is at risk: ARR × churn probability; all of it where the customer has given notice.',
        'renewals.list': 'Contracts that end within {0} days', 'renewals.ends': 'Ends', 'renewals.share': '{0} of the ARR',
    },
    es: {
        'renewals.within': 'Vencen en', 'renewals.days': '{0} días', 'renewals.none': 'Ningún contrato vence en este plazo.',
        'renewals.forecast': 'Previsión', 'renewals.total': 'Por renovar', 'renewals.contracts': '{0} contrato|{0} contratos',
        'renewals.unknown': '{0} sin ARR conocido', 'renewals.at_risk': 'ARR en riesgo', 'renewals.reason': 'Por qué',
        'renewals.order': 'Ordenados por lo que está en riesgo: ARR × probabilidad de baja; todo si el cliente ha avisado de su baja.',
        'renewals.list': 'Contratos que vencen en {0} días', 'renewals.ends': 'Vence', 'renewals.share': '{0} del ARR',
    },
};
