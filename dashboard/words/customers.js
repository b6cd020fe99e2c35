export default {
    en: {
        'customer': 'Customer', 'score': 'Score', 'category': 'Category', 'trend': 'Trend', 'arr': 'ARR', 'churn': 'Churn risk',
        'renewal': 'Renewal', 'stage': 'Stage', 'csm': 'CSM', 'status': 'Status', 'name_has': 'Name contains', 'segment': 'Segment',
        'chosen': '{0} customer chosen|{0} customers chosen', 'choose_none': 'Choose none', 'hand_over': 'Hand over',
        'hand_over_n': 'Hand over {0} customer|Hand over {0} customers', 'handed_over': '{0} customer handed over|{0} customers handed over',
        'customers.none': 'No customer matches these filters.',
        'tenant_status.active': 'Active', 'tenant_status.trial': 'Trial', 'tenant_status.paused': 'Paused',
        'tenant_status.churned': 'Churned', 'tenant_status.internal': 'Internal',
    },
    es: {
        'customer': 'Cliente', 'score': 'Puntuación', 'category': 'Categoría', 'trend': 'Tendencia', 'arr': 'ARR',
        'churn': 'Riesgo de baja', 'renewal': 'Renovación', 'stage': 'Etapa', 'csm': 'CSM', 'status': 'Estado',
        'name_has': 'El nombre contiene', 'segment': 'Segmento',
        'chosen': '{0} cliente elegido|{0} clientes elegidos', 'choose_none': 'No elegir ninguno', 'hand_over': 'Traspasar',
        'hand_over_n': 'Traspasar {0} cliente|Traspasar {0} clientes', 'handed_over': '{0} cliente traspasado|{0} clientes traspasados',
        'customers.none': 'Ningún cliente con estos filtros.',
        'tenant_status.active': 'Activo', 'tenant_status.trial': 'En prueba', 'tenant_status.paused': 'En pausa',
        'tenant_status.churned': 'De baja', 'tenant_status.internal': 'Interno',
    },
};
